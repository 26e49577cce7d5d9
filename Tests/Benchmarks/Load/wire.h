// SPDX-License-Identifier: Apache-2.0
//
// What goes over the socket: the calls, made once before the clock runs, and where a reply ends.

#ifndef LOAD_WIRE_H
#define LOAD_WIRE_H

#include <stdbool.h>
#include <stddef.h>

struct message {
    char *bytes;
    size_t length;
    size_t descriptors;  // that its reply must carry
};

/// Calls that differ only in the names they ask for; connections take them in turn.
struct calls {
    struct message *messages;
    size_t count;
};

/// `Open` of `names` names a call, over all of `pool` in turn; with `rights` NULL as much as may be had.
struct calls varlink_open_calls(char *const *pool, size_t pool_count, size_t names, const char *rights);

/// A call of `method` without parameters, whose reply carries no descriptor.
struct calls varlink_plain_call(const char *method);

/// The retrieve request of s6-fdholderd 2.11 for each name of the pool.
struct calls s6_retrieve_calls(char *const *pool, size_t pool_count);

/// A reply that is being received.
struct reply {
    size_t received;     // bytes so far
    size_t descriptors;  // with them
    char head[256];      // its first bytes, for the report of a refusal
};

/// A protocol's rule for the end of a reply: consumes bytes of one reply at most, adds them to `reply`, and says
/// through `complete` whether it has ended. Returns how many bytes it took.
typedef size_t reply_reader(struct reply *reply, const char *bytes, size_t length, bool *complete);

reply_reader varlink_read_reply;
reply_reader s6_read_reply;

/// Whether a whole reply says that the call succeeded.
typedef bool reply_check(const struct reply *reply);

reply_check varlink_is_success;
reply_check s6_is_success;

#endif
