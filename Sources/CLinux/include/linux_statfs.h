// SPDX-License-Identifier: Apache-2.0
//
// fstatfs(2): the type of a descriptor's file system, by the magic numbers of statfs(2).
#pragma once

#include <stdint.h>

#define LINUX_MAGIC_ANON_INODE 0x09041934ll
#define LINUX_MAGIC_AUTOFS 0x0187ll
#define LINUX_MAGIC_CGROUP2 0x63677270ll
#define LINUX_MAGIC_CIFS 0xFF534D42ll
#define LINUX_MAGIC_FUSE 0x65735546ll
#define LINUX_MAGIC_NFS 0x6969ll
#define LINUX_MAGIC_NSFS 0x6E736673ll
#define LINUX_MAGIC_PIDFS 0x50494446ll
#define LINUX_MAGIC_PIPEFS 0x50495045ll
#define LINUX_MAGIC_PROC 0x9FA0ll
#define LINUX_MAGIC_SMB2 0xFE534D42ll
#define LINUX_MAGIC_SOCKFS 0x534F434Bll
#define LINUX_MAGIC_SYSFS 0x62656572ll
#define LINUX_MAGIC_TMPFS 0x01021994ll
#define LINUX_MAGIC_V9FS 0x01021997ll

int linux_filesystem_type(int descriptor, int64_t *type);
