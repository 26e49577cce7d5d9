// SPDX-License-Identifier: Apache-2.0
//
// renameat2(2).
#pragma once

#define LINUX_RENAME_NOREPLACE 0x1u
#define LINUX_RENAME_EXCHANGE 0x2u

int linux_rename(int fromDirectory, const char *from, int toDirectory, const char *to, unsigned flags);
