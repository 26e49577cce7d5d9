// SPDX-License-Identifier: Apache-2.0
#include "linux_timerfd.h"

#include <stddef.h>
#include <sys/timerfd.h>
#include <time.h>

int linux_timerfd_create_boottime(void) { return timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK); }

int linux_timerfd_arm(int descriptor, int64_t microseconds) {
    const struct itimerspec when = {
        .it_value = {.tv_sec = microseconds / 1000000, .tv_nsec = microseconds % 1000000 * 1000},
    };
    return timerfd_settime(descriptor, TFD_TIMER_ABSTIME, &when, NULL);
}
