// SPDX-License-Identifier: Apache-2.0
//
// The durable half of the baseline: one SQLite row for each grant, one transaction for each batch.

#ifndef BASELINE_STORE_H
#define BASELINE_STORE_H

#include <stddef.h>
#include <stdint.h>

struct store;

/// Creates the database at `path` as the broker's ledger has it: WAL, `synchronous=FULL`, no secondary index.
/// `row_bytes` is the size of one record, `checkpoint_pages` the size of the WAL at which SQLite moves it into the
/// database. Ends the process when the database cannot be made.
struct store *store_open(const char *path, size_t row_bytes, int checkpoint_pages);

/// Commits `count` rows in one transaction and returns the number of the first. When it returns, the rows are on the
/// disk.
int64_t store_commit(struct store *store, size_t count);

void store_close(struct store *store);

#endif
