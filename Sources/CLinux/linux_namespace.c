// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_namespace.h"

#include <sys/ioctl.h>

// Those of <linux/nsfs.h>, which older headers do not have whole.
#define REQUEST_GET_PARENT _IO(0xb7, 0x2)
#define REQUEST_GET_OWNER_UID _IO(0xb7, 0x4)

int linux_namespace_parent(int namespace_fd) { return ioctl(namespace_fd, REQUEST_GET_PARENT); }

int linux_namespace_owner(int namespace_fd, uid_t *uid) { return ioctl(namespace_fd, REQUEST_GET_OWNER_UID, uid); }
