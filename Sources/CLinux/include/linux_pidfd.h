// SPDX-License-Identifier: Apache-2.0
//
// Processes by descriptor: pidfd_open(2), pidfd_send_signal(2), and the ioctl PIDFD_GET_INFO.
#pragma once

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#define LINUX_PIDFD_INFO_PID (1ull << 0)
#define LINUX_PIDFD_INFO_CREDS (1ull << 1)
#define LINUX_PIDFD_INFO_CGROUPID (1ull << 2)

/// `struct pidfd_info` as of Linux 6.13, 64 bytes; the kernel knows its callers' version by the size in the request.
struct linux_pidfd_info {
    uint64_t mask;     // in: what is asked; out: what was filled in
    uint64_t cgroupid; // the inode of the cgroup's directory
    uint32_t pid;      // ids are those of the caller's namespaces
    uint32_t tgid;
    uint32_t ppid;
    uint32_t ruid;
    uint32_t rgid;
    uint32_t euid;
    uint32_t egid;
    uint32_t suid;
    uint32_t sgid;
    uint32_t fsuid;
    uint32_t fsgid;
    int32_t exit_code;
};

/// Always close-on-exec. `flags`: 0 or PIDFD_NONBLOCK.
int linux_pidfd_open(pid_t pid, unsigned flags);

int linux_pidfd_send_signal(int pidfd, int signal);

/// PIDFD_GET_INFO (Linux 6.13; ENOTTY before, ESRCH for a process that was reaped). `info->mask` says what is asked.
int linux_pidfd_get_info(int pidfd, struct linux_pidfd_info *info);

/// waitid(P_PIDFD). `options` as for waitid(2).
int linux_pidfd_wait(int pidfd, siginfo_t *info, int options);

/// `si_code` and `si_status` of what waitid(2) filled in; code 0 if nobody has ended.
void linux_child_status(const siginfo_t *info, int *code, int *status);
