// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_file_ids.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

// Each answers with the id that was in force before, whether or not it changed it; -1 is no id and changes nothing.
static uint32_t set_file_uid(uint32_t uid) { return (uint32_t)syscall(SYS_setfsuid, uid); }

static uint32_t set_file_gid(uint32_t gid) { return (uint32_t)syscall(SYS_setfsgid, gid); }

int linux_set_file_ids(uint32_t uid, uint32_t gid) {
    uint32_t former_gid = set_file_gid(gid);
    uint32_t former_uid = set_file_uid(uid);
    if (set_file_gid(UINT32_MAX) == gid && set_file_uid(UINT32_MAX) == uid) return 0;
    set_file_uid(former_uid);
    set_file_gid(former_gid);
    errno = EPERM;
    return -1;
}
