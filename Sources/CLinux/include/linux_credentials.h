// SPDX-License-Identifier: Apache-2.0
//
// A process's own ids. Glibc carries each change to all threads.
#pragma once

#include <stddef.h>
#include <sys/types.h>

int linux_setresuid(uid_t real, uid_t effective, uid_t saved);
int linux_setresgid(gid_t real, gid_t effective, gid_t saved);
int linux_getresuid(uid_t *real, uid_t *effective, uid_t *saved);
int linux_getresgid(gid_t *real, gid_t *effective, gid_t *saved);
int linux_setgroups(size_t count, const gid_t *groups);

/// initgroups(3)'s answer without applying it. `count`: in the room, out the number of groups; -1 when the room is too
/// small.
int linux_getgrouplist(const char *user, gid_t group, gid_t *groups, int *count);

/// For the calling thread only, by the system call itself: who creates what, and whom the kernel asks about a path.
int linux_thread_setresuid(uid_t real, uid_t effective, uid_t saved);
int linux_thread_setresgid(gid_t real, gid_t effective, gid_t saved);
int linux_thread_setgroups(size_t count, const gid_t *groups);
