// SPDX-License-Identifier: Apache-2.0

#ifndef BASELINE_SERVER_H
#define BASELINE_SERVER_H

#include "committer.h"
#include "store.h"

struct server_options {
    int listener;      // bound, listening, non-blocking
    int descriptor;    // what every grant hands out
    struct store *store;          // commits in the loop; NULL: not
    struct committer *committer;  // commits on its own thread; NULL: not
};

/// Serves until SIGTERM or SIGINT.
void serve(const struct server_options *options);

#endif
