// SPDX-License-Identifier: Apache-2.0
//
// Threads.
#pragma once

#include <stdint.h>
#include <sys/types.h>

/// gettid(2).
pid_t linux_thread_id(void);

/// A number that no other living thread of this process has, at the price of reading a register.
uintptr_t linux_thread_token(void);

/// The name in /proc/PID/task/TID/comm, at most 15 bytes.
int linux_set_thread_name(const char *name);
