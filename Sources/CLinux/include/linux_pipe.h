// SPDX-License-Identifier: Apache-2.0
//
// pipe2(2) and what moves bytes between pipes and other descriptors.
#pragma once

#include <stddef.h>
#include <sys/types.h>

#define LINUX_SPLICE_F_MOVE 0x1u
#define LINUX_SPLICE_F_NONBLOCK 0x2u
#define LINUX_SPLICE_F_MORE 0x4u

#define LINUX_F_SETPIPE_SZ 1031
#define LINUX_F_GETPIPE_SZ 1032

/// `flags`: O_CLOEXEC, O_NONBLOCK.
int linux_pipe(int descriptors[2], int flags);

/// splice(2) without offsets; one of the two must be a pipe.
ssize_t linux_splice(int from, int to, size_t count, unsigned flags);

/// tee(2); both are pipes.
ssize_t linux_tee(int from, int to, size_t count, unsigned flags);
