// SPDX-License-Identifier: Apache-2.0
//
// epoll(7), whose header is not in the Glibc module.
#pragma once

#include <stdint.h>
#include <sys/epoll.h>

#define LINUX_EPOLLIN 0x001u
#define LINUX_EPOLLPRI 0x002u
#define LINUX_EPOLLOUT 0x004u
#define LINUX_EPOLLERR 0x008u
#define LINUX_EPOLLHUP 0x010u
#define LINUX_EPOLLRDHUP 0x2000u
#define LINUX_EPOLLET 0x80000000u

/// epoll_create1(EPOLL_CLOEXEC).
int linux_epoll_create(void);

/// EPOLL_CTL_ADD: `token` comes back as the data of each event.
int linux_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token);

/// EPOLL_CTL_MOD.
int linux_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t token);

/// EPOLL_CTL_DEL.
int linux_epoll_remove(int epoll, int descriptor);
