// SPDX-License-Identifier: Apache-2.0
//
// memfd_create(2) and the seals of fcntl(2).
#pragma once

#define LINUX_MFD_CLOEXEC 0x1u
#define LINUX_MFD_ALLOW_SEALING 0x2u
#define LINUX_MFD_NOEXEC_SEAL 0x8u // Linux 6.3; EINVAL before

#define LINUX_F_ADD_SEALS 1033
#define LINUX_F_GET_SEALS 1034

#define LINUX_F_SEAL_SEAL 0x01
#define LINUX_F_SEAL_SHRINK 0x02
#define LINUX_F_SEAL_GROW 0x04
#define LINUX_F_SEAL_WRITE 0x08
#define LINUX_F_SEAL_FUTURE_WRITE 0x10
#define LINUX_F_SEAL_EXEC 0x20

int linux_memfd_create(const char *name, unsigned flags);
