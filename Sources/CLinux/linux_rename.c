// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_rename.h"

#include <stdio.h>

_Static_assert(LINUX_RENAME_NOREPLACE == RENAME_NOREPLACE, "RENAME_NOREPLACE");
_Static_assert(LINUX_RENAME_EXCHANGE == RENAME_EXCHANGE, "RENAME_EXCHANGE");

int linux_rename(int fromDirectory, const char *from, int toDirectory, const char *to, unsigned flags) {
    return renameat2(fromDirectory, from, toDirectory, to, flags);
}
