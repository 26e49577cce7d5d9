// SPDX-License-Identifier: Apache-2.0
//
// What a descriptor of a namespace (/proc/PID/ns/*) tells: ioctl_ns(2).
#pragma once

#include <sys/types.h>

/// NS_GET_PARENT: a descriptor, close-on-exec, of the parent of a user or pid namespace. EPERM: it is the initial one,
/// or the parent is none that the caller could see.
int linux_namespace_parent(int namespace_fd);

/// NS_GET_OWNER_UID: who made a user namespace, in ids of the caller's own.
int linux_namespace_owner(int namespace_fd, uid_t *uid);
