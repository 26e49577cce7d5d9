// SPDX-License-Identifier: Apache-2.0
//
// timerfd_create(2).
#pragma once

#include <stdint.h>

/// A close-on-exec, non-blocking timer on CLOCK_BOOTTIME, which goes on while the machine sleeps.
int linux_timerfd_create_boottime(void);

/// Arms the timer, once, for an absolute time in microseconds of its clock. A time that has passed fires at once; 0
/// disarms.
int linux_timerfd_arm(int descriptor, int64_t microseconds);
