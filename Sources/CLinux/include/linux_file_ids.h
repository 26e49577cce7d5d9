// SPDX-License-Identifier: Apache-2.0
//
// setfsuid(2) and setfsgid(2), which cannot say that they failed.
#pragma once

#include <stdint.h>

/// Makes files from here on, in this thread alone, under these ids. Fails with EPERM, and then changes nothing.
int linux_set_file_ids(uint32_t uid, uint32_t gid);
