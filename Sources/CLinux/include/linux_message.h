// SPDX-License-Identifier: Apache-2.0
//
// Ancillary data of Unix sockets: the macros of cmsg(3) as functions, and what unix(7) sends with them.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#define LINUX_SCM_RIGHTS 0x01
#define LINUX_SCM_CREDENTIALS 0x02
#define LINUX_SCM_PIDFD 0x04 // Linux 6.5, with SO_PASSPIDFD

#define LINUX_MSG_NOSIGNAL 0x4000
#define LINUX_MSG_CMSG_CLOEXEC 0x40000000

/// `struct ucred`, which Glibc shows only with _GNU_SOURCE.
struct linux_ucred {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

static inline size_t linux_cmsg_space(size_t length) { return CMSG_SPACE(length); }

static inline size_t linux_cmsg_length(size_t length) { return CMSG_LEN(length); }

static inline struct cmsghdr *linux_cmsg_first(const struct msghdr *message) { return CMSG_FIRSTHDR(message); }

static inline struct cmsghdr *linux_cmsg_next(struct msghdr *message, struct cmsghdr *header) {
    return CMSG_NXTHDR(message, header);
}

static inline void *linux_cmsg_data(struct cmsghdr *header) { return CMSG_DATA(header); }
