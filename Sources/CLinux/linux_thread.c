// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_thread.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

pid_t linux_thread_id(void) { return gettid(); }

uintptr_t linux_thread_token(void) { return (uintptr_t)pthread_self(); }

int linux_set_thread_name(const char *name) {
    int error = pthread_setname_np(pthread_self(), name);
    if (error != 0) {
        errno = error;
        return -1;
    }
    return 0;
}
