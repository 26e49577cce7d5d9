// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_close_range.h"

#include <sys/syscall.h>
#include <unistd.h>

int linux_close_range(unsigned first, unsigned last, unsigned flags) {
    return (int)syscall(SYS_close_range, first, last, flags);
}
