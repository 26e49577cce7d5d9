// SPDX-License-Identifier: Apache-2.0
//
// signalfd(2).
#pragma once

#include <signal.h>
#include <sys/signalfd.h>

/// A close-on-exec, non-blocking descriptor from which `struct signalfd_siginfo` is read for each signal of `set`.
int linux_signalfd_create(const sigset_t *set);
