// SPDX-License-Identifier: Apache-2.0
//
// pipe2(2) and what moves bytes between pipes and other descriptors.
#pragma once

#include <stddef.h>
#include <sys/types.h>

/// `flags`: O_CLOEXEC, O_NONBLOCK.
int linux_pipe(int descriptors[2], int flags);

