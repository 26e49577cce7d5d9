// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_description.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

const int linux_changeable_status_flags = O_APPEND | O_ASYNC | O_DIRECT | O_NOATIME | O_NONBLOCK;

int linux_clear_signals(int descriptor) {
    if (fcntl(descriptor, F_SETOWN, 0) == -1) return -1;
    return fcntl(descriptor, F_SETSIG, 0);
}

int linux_release_lease(int descriptor) { return fcntl(descriptor, F_SETLEASE, F_UNLCK); }

int linux_release_locks(int descriptor) {
    struct flock everything = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    int flocked = flock(descriptor, LOCK_UN);
    int ranges = fcntl(descriptor, F_OFD_SETLK, &everything);
    return flocked == -1 ? flocked : ranges;
}
