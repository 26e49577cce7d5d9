// SPDX-License-Identifier: Apache-2.0
//
// statx(2), for what fstat(2) cannot: to take what the kernel knows without asking a server, and to name the mount.
#pragma once

#include <stdint.h>

#define LINUX_AT_STATX_DONT_SYNC 0x4000

struct linux_file_facts {
    uint32_t mode;
    uint32_t uid;
    uint32_t gid;
    uint32_t link_count;
    uint64_t inode;
    uint64_t size;
    int64_t modified_seconds;
    int64_t changed_seconds;
    uint32_t modified_nanoseconds;
    uint32_t changed_nanoseconds;
    uint64_t device;
    uint64_t represented_device;
    uint64_t mount; // as the first column of /proc/self/mountinfo has it; 0: not known (Linux before 5.8)
};

/// `flags`: AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, AT_STATX_DONT_SYNC.
int linux_statx(int directory, const char *path, int flags, struct linux_file_facts *facts);
