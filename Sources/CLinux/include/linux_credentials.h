// SPDX-License-Identifier: Apache-2.0
//
// A process's own ids. Glibc carries each change to all threads.
#pragma once

#include <stddef.h>
#include <sys/types.h>

int linux_setresuid(uid_t real, uid_t effective, uid_t saved);
int linux_setresgid(gid_t real, gid_t effective, gid_t saved);
int linux_getresuid(uid_t *real, uid_t *effective, uid_t *saved);
int linux_setgroups(size_t count, const gid_t *groups);

/// For the calling thread only, by the system call itself: who creates what, and whom the kernel asks about a path.
int linux_thread_setresuid(uid_t real, uid_t effective, uid_t saved);
