// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

pid_t linux_thread_id(void) { return gettid(); }

uintptr_t linux_thread_token(void) { return (uintptr_t)pthread_self(); }

static void do_nothing(int signal) { (void)signal; }

int linux_allow_interruption(void) {
    // Without SA_RESTART, so that a call that waits returns.
    struct sigaction action = {.sa_handler = do_nothing};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGRTMAX, &action, NULL) != 0) return -1;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMAX);
    int error = pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    if (error != 0) {
        errno = error;
        return -1;
    }
    return 0;
}

int linux_interrupt_thread(uintptr_t token) {
    int error = pthread_kill((pthread_t)token, SIGRTMAX);
    if (error != 0) {
        errno = error;
        return -1;
    }
    return 0;
}

int linux_set_thread_name(const char *name) {
    int error = pthread_setname_np(pthread_self(), name);
    if (error != 0) {
        errno = error;
        return -1;
    }
    return 0;
}
