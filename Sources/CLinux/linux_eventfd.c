// SPDX-License-Identifier: Apache-2.0
#include "linux_eventfd.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int linux_eventfd_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int linux_eventfd_signal(int descriptor) {
    const uint64_t one = 1;
    return write(descriptor, &one, sizeof one) == (ssize_t)sizeof one ? 0 : -1;
}
