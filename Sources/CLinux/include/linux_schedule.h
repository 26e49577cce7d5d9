// SPDX-License-Identifier: Apache-2.0
//
// When the calling thread gets a processor: sched(7).
#pragma once

#include <stdint.h>

/// `SCHED_IDLE`: only what nobody else wants, and it is given back at once. sched_setscheduler(2).
int linux_thread_schedule_idle(void);

/// How long it runs before another's turn comes, from 0.1 to 100 ms. A thread with a short slice is let in early when
/// it wakes up. Linux 6.12; before, this changes nothing. sched_setattr(2).
int linux_thread_schedule_slice(uint64_t nanoseconds);
