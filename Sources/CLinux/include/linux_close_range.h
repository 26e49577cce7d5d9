// SPDX-License-Identifier: Apache-2.0
//
// close_range(2).
#pragma once

#define LINUX_CLOSE_RANGE_CLOEXEC 0x4u

/// Closes, or with LINUX_CLOSE_RANGE_CLOEXEC marks, every descriptor from `first` to `last`, both included.
int linux_close_range(unsigned first, unsigned last, unsigned flags);
