// SPDX-License-Identifier: Apache-2.0
//
// One connection of the load: it keeps a number of calls in flight, and checks and times each reply.

#ifndef LOAD_CLIENT_H
#define LOAD_CLIENT_H

#include "histogram.h"
#include "wire.h"

#include <stdint.h>

enum { DEPTH_MAX = 64 };

struct load {
    const char *socket;
    struct calls calls;
    reply_reader *read_reply;
    reply_check *is_success;
    size_t depth;       // calls in flight on a connection
    bool reconnect;     // a new connection for each call
    bool receipts;      // each call says, in the same write, what the reply before it has brought
    bool stopping;      // send no more
    uint64_t calls_left;     // to be sent; none left means that all answers count, and then the load stops
    uint64_t measured_from;  // nanoseconds; replies to earlier calls are not counted
    uint64_t completed;
    uint64_t descriptors;
    uint64_t connects;
    struct histogram latency;
    int epoll;
};

struct client {
    struct load *load;
    int socket;
    size_t next_call;        // of load.calls
    size_t in_flight;
    size_t oldest;           // of `sent`, a ring
    size_t unsent;           // of the newest message in flight
    const char *end;         // of what is sent
    char *receipt;           // of one name a call: what is to be said with the next call, and then that call
    size_t receipt_length;
    struct {
        uint64_t at;
        const struct message *message;
    } sent[DEPTH_MAX];
    struct reply reply;
};

uint64_t now_nanoseconds(void);

/// Connects and sends the first calls. A failure of the load, here and below, ends the process with a message: a
/// measurement with failures in it is none.
void client_start(struct client *client, struct load *load, size_t index);

/// Does what epoll found possible. Returns false when the load is stopping and nothing is in flight any more.
bool client_continue(struct client *client, uint32_t events);

#endif
