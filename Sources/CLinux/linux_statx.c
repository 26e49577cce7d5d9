// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_statx.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

_Static_assert(LINUX_AT_STATX_DONT_SYNC == AT_STATX_DONT_SYNC, "AT_STATX_DONT_SYNC");

int linux_statx(int directory, const char *path, int flags, struct linux_file_facts *facts) {
    struct statx status;
    unsigned mask = STATX_TYPE | STATX_MODE | STATX_NLINK | STATX_UID | STATX_GID | STATX_INO | STATX_SIZE |
                    STATX_MTIME | STATX_CTIME;
    int result = statx(directory, path, flags, mask | STATX_MNT_ID, &status);
    if (result == 0) {
        facts->mode = status.stx_mode;
        facts->uid = status.stx_uid;
        facts->gid = status.stx_gid;
        facts->link_count = status.stx_nlink;
        facts->inode = status.stx_ino;
        facts->size = status.stx_size;
        facts->modified_seconds = status.stx_mtime.tv_sec;
        facts->modified_nanoseconds = status.stx_mtime.tv_nsec;
        facts->changed_seconds = status.stx_ctime.tv_sec;
        facts->changed_nanoseconds = status.stx_ctime.tv_nsec;
        facts->device = makedev(status.stx_dev_major, status.stx_dev_minor);
        facts->represented_device = makedev(status.stx_rdev_major, status.stx_rdev_minor);
        facts->mount = status.stx_mask & STATX_MNT_ID ? status.stx_mnt_id : 0;
    }
    return result;
}
