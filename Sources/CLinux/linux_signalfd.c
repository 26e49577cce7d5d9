// SPDX-License-Identifier: Apache-2.0
#include "linux_signalfd.h"

int linux_signalfd_create(const sigset_t *set) { return signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK); }
