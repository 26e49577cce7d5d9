// SPDX-License-Identifier: Apache-2.0
//
// kcmp(2): do two descriptors name one open file description?
#pragma once

#include <sys/types.h>

/// KCMP_FILE: 0 for the same description, 1 or 2 (an order) for another, 3 for another without an order.
int linux_kcmp_file(pid_t left, pid_t right, int leftDescriptor, int rightDescriptor);
