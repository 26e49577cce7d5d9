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

/// Makes a signal that nothing else uses (SIGRTMAX) interrupt a system call of the thread that gets it, and do nothing
/// else: for this thread, and once for the process.
int linux_allow_interruption(void);

/// Sends it to a thread of this process, by its token. The thread must live.
int linux_interrupt_thread(uintptr_t token);

/// The name in /proc/PID/task/TID/comm, at most 15 bytes.
int linux_set_thread_name(const char *name);
