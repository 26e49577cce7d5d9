// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_schedule.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

// The first version of the kernel's struct sched_attr, which Glibc shows only from 2.41 on.
struct attributes {
    uint32_t size;
    uint32_t policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime;
    uint64_t deadline;
    uint64_t period;
};

int linux_thread_schedule_idle(void) {
    struct sched_param none = {0};
    return sched_setscheduler(0, SCHED_IDLE, &none);
}

int linux_thread_schedule_slice(uint64_t nanoseconds) {
    struct attributes attributes = {0};
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) {
        return -1;
    }
    attributes.flags = 0;
    attributes.runtime = nanoseconds;
    return (int)syscall(SYS_sched_setattr, 0, &attributes, 0);
}
