// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_pipe.h"

#include <fcntl.h>
#include <unistd.h>

int linux_pipe(int descriptors[2], int flags) { return pipe2(descriptors, flags); }
