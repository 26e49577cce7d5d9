// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_credentials.h"

#include <grp.h>
#include <sys/syscall.h>
#include <unistd.h>

int linux_setresuid(uid_t real, uid_t effective, uid_t saved) { return setresuid(real, effective, saved); }

int linux_setresgid(gid_t real, gid_t effective, gid_t saved) { return setresgid(real, effective, saved); }

int linux_getresuid(uid_t *real, uid_t *effective, uid_t *saved) { return getresuid(real, effective, saved); }

int linux_setgroups(size_t count, const gid_t *groups) { return setgroups(count, groups); }

int linux_thread_setresuid(uid_t real, uid_t effective, uid_t saved) {
    return (int)syscall(SYS_setresuid, real, effective, saved);
}
