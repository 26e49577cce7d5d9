// SPDX-License-Identifier: Apache-2.0
//
// inotify(7), by descriptors.
#pragma once

#include <stdint.h>

#define LINUX_IN_ATTRIB 0x00000004u
#define LINUX_IN_CLOSE_WRITE 0x00000008u
#define LINUX_IN_DELETE_SELF 0x00000400u
#define LINUX_IN_MOVE_SELF 0x00000800u
#define LINUX_IN_UNMOUNT 0x00002000u
#define LINUX_IN_Q_OVERFLOW 0x00004000u
#define LINUX_IN_IGNORED 0x00008000u

/// A close-on-exec, non-blocking queue of events.
int linux_inotify_create(void);

/// Has the events of `mask` of what `file` names put into the queue; of a link with `O_PATH`, those of the link itself.
/// Returns the number of the watch, which is the same for the same inode.
int linux_inotify_add(int queue, int file, uint32_t mask);

/// Ends a watch.
int linux_inotify_remove(int queue, int watch);
