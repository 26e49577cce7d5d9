// SPDX-License-Identifier: Apache-2.0
//
// Preloaded into the daemon and its opener while instructions are counted.
//
// Valgrind 3.19 answers pidfd_open(2) with ENOSYS: a message to oneself that names a process as its sender, as root may
// send, carries the same descriptor.
//
// Under valgrind a program is a hundred times slower. The broker takes up as many calls in a turn of its loop as it
// manages in a millisecond: so that it takes up as many as it does otherwise, and timers come due no more often for
// each grant, its clocks go slower by as much.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif
#ifndef SCM_PIDFD
#define SCM_PIDFD 4
#endif

enum { SLOWER = 200 };

static void *next_named(const char *name) { return dlsym(RTLD_NEXT, name); }

static int read_clock(clockid_t clock, struct timespec *time) {
    static int (*next)(clockid_t, struct timespec *);

    if (!next)
        next = (int (*)(clockid_t, struct timespec *))next_named("clock_gettime");
    return next(clock, time);
}

/// When each clock was read first; it goes on slowly from there.
static int64_t start_of(clockid_t clock, int64_t now) {
    static _Atomic int64_t starts[16];
    int64_t none = 0;

    __atomic_compare_exchange_n((int64_t *)&starts[clock], &none, now, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return starts[clock];
}

static int64_t nanoseconds(const struct timespec *time) { return time->tv_sec * INT64_C(1000000000) + time->tv_nsec; }

static struct timespec timespec_of(int64_t nanoseconds) {
    return (struct timespec){nanoseconds / 1000000000, nanoseconds % 1000000000};
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = read_clock(clock, time);

    if (result == 0 && (clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME || clock == CLOCK_REALTIME)) {
        int64_t now = nanoseconds(time), start = start_of(clock, now);
        *time = timespec_of(start + (now - start) / SLOWER);
    }
    return result;
}

/// The daemon's one timer is that of CLOCK_BOOTTIME.
int timerfd_settime(int timer, int flags, const struct itimerspec *wanted, struct itimerspec *before) {
    static int (*next)(int, int, const struct itimerspec *, struct itimerspec *);
    struct itimerspec slower = *wanted;
    int64_t value = nanoseconds(&wanted->it_value);
    struct timespec now;

    if (!next)
        next = (int (*)(int, int, const struct itimerspec *, struct itimerspec *))next_named("timerfd_settime");
    if (value != 0 && flags & TFD_TIMER_ABSTIME) {
        read_clock(CLOCK_BOOTTIME, &now);
        int64_t start = start_of(CLOCK_BOOTTIME, nanoseconds(&now));
        slower.it_value = timespec_of(start + (value - start) * SLOWER);
    } else {
        slower.it_value = timespec_of(value * SLOWER);
    }
    return next(timer, flags, &slower, before);
}

static int send_naming(int socket, pid_t pid) {
    char byte = 0, control[CMSG_SPACE(sizeof(struct ucred))] = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct ucred sender = {.pid = pid, .uid = getuid(), .gid = getgid()};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_CREDENTIALS;
    header->cmsg_len = CMSG_LEN(sizeof sender);
    memcpy(CMSG_DATA(header), &sender, sizeof sender);
    return sendmsg(socket, &message, 0) == 1 ? 0 : -1;
}

static int receive_pidfd(int socket) {
    char byte, control[256];
    struct iovec part = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    int pidfd = -1;

    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1)
        return -1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_PIDFD)
            memcpy(&pidfd, CMSG_DATA(header), sizeof pidfd);
    }
    if (pidfd < 0)
        errno = ENOSYS;
    return pidfd;
}

static int open_pidfd(pid_t pid) {
    int pair[2], on = 1, pidfd = -1;

    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    if (setsockopt(pair[1], SOL_SOCKET, SO_PASSPIDFD, &on, sizeof on) == 0 && send_naming(pair[0], pid) == 0)
        pidfd = receive_pidfd(pair[1]);
    int error = errno;
    close(pair[0]);
    close(pair[1]);
    errno = error;
    return pidfd;
}

long syscall(long number, ...) {
    static long (*next)(long, ...);
    long arguments[6];
    va_list list;

    va_start(list, number);
    for (int i = 0; i < 6; i++)
        arguments[i] = va_arg(list, long);
    va_end(list);
    if (!next)
        next = (long (*)(long, ...))next_named("syscall");
    long result = next(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
    if (number == SYS_pidfd_open && result < 0 && errno == ENOSYS)
        return open_pidfd((pid_t)arguments[0]);
    return result;
}
