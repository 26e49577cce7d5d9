// SPDX-License-Identifier: Apache-2.0
//
// fstatfs(2): the type of a descriptor's file system, by the magic numbers of statfs(2). syncfs(2).
#pragma once

#include <stdint.h>

#define LINUX_MAGIC_CGROUP2 0x63677270ll
#define LINUX_MAGIC_PIDFS 0x50494446ll
#define LINUX_MAGIC_PIPEFS 0x50495045ll
#define LINUX_MAGIC_PROC 0x9FA0ll
#define LINUX_MAGIC_SYSFS 0x62656572ll

int linux_filesystem_type(int descriptor, int64_t *type);

/// syncfs(2).
int linux_synchronize_filesystem(int descriptor);
