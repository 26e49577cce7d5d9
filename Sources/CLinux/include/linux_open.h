// SPDX-License-Identifier: Apache-2.0
//
// openat2(2), and the open flags that Glibc shows only with _GNU_SOURCE.
#pragma once

#include <stdint.h>
#include <sys/types.h>

#define LINUX_RESOLVE_NO_XDEV 0x01u
#define LINUX_RESOLVE_NO_MAGICLINKS 0x02u
#define LINUX_RESOLVE_NO_SYMLINKS 0x04u
#define LINUX_RESOLVE_BENEATH 0x08u
#define LINUX_RESOLVE_IN_ROOT 0x10u
#define LINUX_RESOLVE_CACHED 0x20u

#define LINUX_AT_FDCWD (-100)
#define LINUX_AT_SYMLINK_NOFOLLOW 0x100
#define LINUX_AT_EMPTY_PATH 0x1000
/// open(2): the descriptor only names the file.
#define LINUX_O_PATH 010000000

// These differ between architectures.
extern const int linux_o_path;
extern const int linux_o_tmpfile;
extern const int linux_o_noatime;
extern const int linux_o_direct;

/// openat2(2). EAGAIN means that a rename or mount raced with RESOLVE_BENEATH or RESOLVE_IN_ROOT: try again.
/// EXDEV means that the path leads out of `directory`.
int linux_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
