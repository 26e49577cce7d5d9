// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_kcmp.h"

#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <unistd.h>

int linux_kcmp_file(pid_t left, pid_t right, int leftDescriptor, int rightDescriptor) {
    return (int)syscall(
        SYS_kcmp, left, right, KCMP_FILE, (unsigned long)leftDescriptor, (unsigned long)rightDescriptor);
}
