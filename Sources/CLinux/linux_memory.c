// SPDX-License-Identifier: Apache-2.0
#include "linux_memory.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>

int linux_memory_map_from(size_t size) {
    if (size > INT_MAX || mallopt(M_MMAP_THRESHOLD, (int)size) == 0) {
        errno = EINVAL;
        return -1;
    }
    return 0;
}

void linux_memory_give_back(void) { malloc_trim(0); }
