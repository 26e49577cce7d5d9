// SPDX-License-Identifier: Apache-2.0
//
// The memory that malloc(3) keeps.
#pragma once

#include <stddef.h>

/// Has what is larger than this mapped by itself, so that it goes back when it is freed (mallopt(3), M_MMAP_THRESHOLD).
/// Otherwise the threshold grows with what is freed. Before other threads are there.
int linux_memory_map_from(size_t size);

/// Gives back what is free in whole pages (malloc_trim(3)).
void linux_memory_give_back(void);
