// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_open.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(LINUX_RESOLVE_NO_XDEV == RESOLVE_NO_XDEV, "RESOLVE_NO_XDEV");
_Static_assert(LINUX_RESOLVE_NO_MAGICLINKS == RESOLVE_NO_MAGICLINKS, "RESOLVE_NO_MAGICLINKS");
_Static_assert(LINUX_RESOLVE_NO_SYMLINKS == RESOLVE_NO_SYMLINKS, "RESOLVE_NO_SYMLINKS");
_Static_assert(LINUX_RESOLVE_BENEATH == RESOLVE_BENEATH, "RESOLVE_BENEATH");
_Static_assert(LINUX_RESOLVE_IN_ROOT == RESOLVE_IN_ROOT, "RESOLVE_IN_ROOT");
_Static_assert(LINUX_RESOLVE_CACHED == RESOLVE_CACHED, "RESOLVE_CACHED");
_Static_assert(LINUX_AT_FDCWD == AT_FDCWD, "AT_FDCWD");
_Static_assert(LINUX_AT_SYMLINK_NOFOLLOW == AT_SYMLINK_NOFOLLOW, "AT_SYMLINK_NOFOLLOW");
_Static_assert(LINUX_AT_EMPTY_PATH == AT_EMPTY_PATH, "AT_EMPTY_PATH");

const int linux_o_path = O_PATH;
const int linux_o_tmpfile = O_TMPFILE;
const int linux_o_noatime = O_NOATIME;
const int linux_o_direct = O_DIRECT;

int linux_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}
