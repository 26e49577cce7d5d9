// SPDX-License-Identifier: Apache-2.0
//
// The processes of the server that is loaded: one, and whatever it started. What they need of a processor is read from
// outside, so that it is the same measure for all.

#ifndef LOAD_SERVER_H
#define LOAD_SERVER_H

#include <stdint.h>
#include <sys/types.h>

struct server {
    pid_t pid;   // 0 where nobody told
};

/// Processor time in nanoseconds, with that of threads that have ended.
struct server_time {
    uint64_t own;
    uint64_t helpers;   // of the processes that it started, and that are there still
};

struct server_time server_time(const struct server *server);

/// Ties all threads of the server to one core, and the calling one to another. Threads and processes that are started
/// later inherit it.
void server_pin(const struct server *server, int server_core, int own_core);

#endif
