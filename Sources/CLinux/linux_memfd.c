// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_memfd.h"

#include <fcntl.h>
#include <sys/mman.h>

_Static_assert(LINUX_MFD_CLOEXEC == MFD_CLOEXEC, "MFD_CLOEXEC");
_Static_assert(LINUX_MFD_ALLOW_SEALING == MFD_ALLOW_SEALING, "MFD_ALLOW_SEALING");
_Static_assert(LINUX_F_ADD_SEALS == F_ADD_SEALS, "F_ADD_SEALS");
_Static_assert(LINUX_F_GET_SEALS == F_GET_SEALS, "F_GET_SEALS");
_Static_assert(LINUX_F_SEAL_SEAL == F_SEAL_SEAL, "F_SEAL_SEAL");
_Static_assert(LINUX_F_SEAL_SHRINK == F_SEAL_SHRINK, "F_SEAL_SHRINK");
_Static_assert(LINUX_F_SEAL_GROW == F_SEAL_GROW, "F_SEAL_GROW");
_Static_assert(LINUX_F_SEAL_WRITE == F_SEAL_WRITE, "F_SEAL_WRITE");
_Static_assert(LINUX_F_SEAL_FUTURE_WRITE == F_SEAL_FUTURE_WRITE, "F_SEAL_FUTURE_WRITE");

int linux_memfd_create(const char *name, unsigned flags) { return memfd_create(name, flags); }
