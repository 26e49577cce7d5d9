// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_pidfd.h"

#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

_Static_assert(sizeof(struct linux_pidfd_info) == 64, "PIDFD_INFO_SIZE_VER0");

#define REQUEST_GET_INFO _IOWR(0xFF, 11, struct linux_pidfd_info)

int linux_pidfd_open(pid_t pid, unsigned flags) { return (int)syscall(SYS_pidfd_open, pid, flags); }

int linux_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0u);
}


int linux_pidfd_get_info(int pidfd, struct linux_pidfd_info *info) { return ioctl(pidfd, REQUEST_GET_INFO, info); }

int linux_pidfd_wait(int pidfd, siginfo_t *info, int options) { return waitid(P_PIDFD, (id_t)pidfd, info, options); }

void linux_child_status(const siginfo_t *info, int *code, int *status) {
    *code = info->si_pid == 0 ? 0 : info->si_code;
    *status = info->si_pid == 0 ? 0 : info->si_status;
}
