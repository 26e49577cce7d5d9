// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

/// sqlite3_db_config is variadic, so Swift cannot call it: SQLITE_DBCONFIG_DEFENSIVE on. Returns an SQLite result code.
int csqlite_set_defensive(sqlite3 *db);

/// SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE on: closing the last connection leaves the WAL as it is.
int csqlite_set_no_checkpoint_on_close(sqlite3 *db);

/// SQLITE_DBCONFIG_TRUSTED_SCHEMA off.
int csqlite_set_untrusted_schema(sqlite3 *db);

/// What the connection writes to its database from here on is synchronised after each `step` bytes, and then it pauses
/// for as long as that took. Until csqlite_stop_pacing, which has to be called before the connection is closed.
/// Returns an SQLite result code.
int csqlite_pace_writes(sqlite3 *db, int step);

/// Nothing where there is no pace.
void csqlite_stop_pacing(sqlite3 *db);
