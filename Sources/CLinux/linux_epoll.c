// SPDX-License-Identifier: Apache-2.0
#include "linux_epoll.h"

#include <stddef.h>

_Static_assert(LINUX_EPOLLIN == EPOLLIN, "EPOLLIN");
_Static_assert(LINUX_EPOLLPRI == EPOLLPRI, "EPOLLPRI");
_Static_assert(LINUX_EPOLLOUT == EPOLLOUT, "EPOLLOUT");
_Static_assert(LINUX_EPOLLERR == EPOLLERR, "EPOLLERR");
_Static_assert(LINUX_EPOLLHUP == EPOLLHUP, "EPOLLHUP");
_Static_assert(LINUX_EPOLLRDHUP == EPOLLRDHUP, "EPOLLRDHUP");
_Static_assert(LINUX_EPOLLET == (uint32_t)EPOLLET, "EPOLLET");

int linux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int linux_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

int linux_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event);
}

int linux_epoll_remove(int epoll, int descriptor) { return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL); }
