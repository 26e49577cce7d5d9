// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_statfs.h"

#include <sys/vfs.h>
#include <unistd.h>

int linux_synchronize_filesystem(int descriptor) { return syncfs(descriptor); }

int linux_filesystem_type(int descriptor, int64_t *type) {
    struct statfs status;
    int result = fstatfs(descriptor, &status);
    if (result == 0) {
        *type = status.f_type;
    }
    return result;
}
