// SPDX-License-Identifier: Apache-2.0
//
// eventfd(2), as a wake-up.
#pragma once

/// A close-on-exec, non-blocking eventfd whose counter is 0.
int linux_eventfd_create(void);

/// Adds 1 to the counter.
int linux_eventfd_signal(int descriptor);
