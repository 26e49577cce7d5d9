// SPDX-License-Identifier: Apache-2.0
#include "linux_inotify.h"

#include <stdio.h>
#include <sys/inotify.h>

_Static_assert(LINUX_IN_ATTRIB == IN_ATTRIB, "IN_ATTRIB");
_Static_assert(LINUX_IN_CLOSE_WRITE == IN_CLOSE_WRITE, "IN_CLOSE_WRITE");
_Static_assert(LINUX_IN_DELETE_SELF == IN_DELETE_SELF, "IN_DELETE_SELF");
_Static_assert(LINUX_IN_MOVE_SELF == IN_MOVE_SELF, "IN_MOVE_SELF");
_Static_assert(LINUX_IN_UNMOUNT == IN_UNMOUNT, "IN_UNMOUNT");
_Static_assert(LINUX_IN_Q_OVERFLOW == IN_Q_OVERFLOW, "IN_Q_OVERFLOW");
_Static_assert(LINUX_IN_IGNORED == IN_IGNORED, "IN_IGNORED");

int linux_inotify_create(void) { return inotify_init1(IN_CLOEXEC | IN_NONBLOCK); }

int linux_inotify_add(int queue, int file, uint32_t mask) {
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    // A file may be watched for more than one reason.
    return inotify_add_watch(queue, path, mask | IN_MASK_ADD);
}

int linux_inotify_remove(int queue, int watch) { return inotify_rm_watch(queue, watch); }
