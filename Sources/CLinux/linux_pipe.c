// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_pipe.h"

#include <fcntl.h>
#include <unistd.h>

_Static_assert(LINUX_SPLICE_F_MOVE == SPLICE_F_MOVE, "SPLICE_F_MOVE");
_Static_assert(LINUX_SPLICE_F_NONBLOCK == SPLICE_F_NONBLOCK, "SPLICE_F_NONBLOCK");
_Static_assert(LINUX_SPLICE_F_MORE == SPLICE_F_MORE, "SPLICE_F_MORE");
_Static_assert(LINUX_F_SETPIPE_SZ == F_SETPIPE_SZ, "F_SETPIPE_SZ");
_Static_assert(LINUX_F_GETPIPE_SZ == F_GETPIPE_SZ, "F_GETPIPE_SZ");

int linux_pipe(int descriptors[2], int flags) { return pipe2(descriptors, flags); }

ssize_t linux_splice(int from, int to, size_t count, unsigned flags) {
    return splice(from, NULL, to, NULL, count, flags);
}

ssize_t linux_tee(int from, int to, size_t count, unsigned flags) { return tee(from, to, count, flags); }
