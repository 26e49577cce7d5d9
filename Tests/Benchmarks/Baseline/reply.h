// SPDX-License-Identifier: Apache-2.0

#ifndef BASELINE_REPLY_H
#define BASELINE_REPLY_H

#include <stddef.h>
#include <stdint.h>

enum { REPLY_DESCRIPTORS_MAX = 253 };

/// How many names the call in `bytes` asks for: the occurrences of the key `name`. A broker reads the whole message;
/// the baseline does the least that can be done.
size_t call_names(const char *bytes, size_t length);

/// Sends one reply of `count` grants as the broker words it, each with `descriptor`, numbered from `record`. Returns 0,
/// or -1 when the peer is to be dropped.
int reply_send(int socket, size_t count, int descriptor, int64_t record);

#endif
