// SPDX-License-Identifier: Apache-2.0
//
// The second thread of the pipeline: it commits one batch while the loop collects the next.

#ifndef BASELINE_COMMITTER_H
#define BASELINE_COMMITTER_H

#include "store.h"

struct committer;

/// Starts the thread. `store` belongs to it from now on.
struct committer *committer_start(struct store *store);

/// A descriptor that turns readable when a commit has returned.
int committer_event(const struct committer *committer);

/// Hands over a batch of `count` rows. Only when no commit is under way.
void committer_submit(struct committer *committer, size_t count);

/// Takes the result of the commit whose event was seen: the number of the first row.
int64_t committer_collect(struct committer *committer);

#endif
