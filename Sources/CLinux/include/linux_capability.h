// SPDX-License-Identifier: Apache-2.0
//
// capget(2) and capset(2), version 3, for the calling thread.
#pragma once

#include <stdint.h>

#define LINUX_CAP_DAC_OVERRIDE 1
#define LINUX_CAP_KILL 5
#define LINUX_CAP_SETGID 6
#define LINUX_CAP_SETUID 7
#define LINUX_CAP_NET_BIND_SERVICE 10
#define LINUX_CAP_SYS_PTRACE 19

/// The bit `1 << LINUX_CAP_…` stands for a capability.
struct linux_capabilities {
    uint64_t effective;
    uint64_t permitted;
    uint64_t inheritable;
};

int linux_get_capabilities(struct linux_capabilities *capabilities);
int linux_set_capabilities(const struct linux_capabilities *capabilities);
