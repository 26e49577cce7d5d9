// SPDX-License-Identifier: Apache-2.0

#include "store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct store {
    sqlite3 *database;
    sqlite3_stmt *begin;
    sqlite3_stmt *insert;
    sqlite3_stmt *commit;
    char *row;
    size_t row_bytes;
    int64_t next;
};

static void fail(struct store *store, const char *what) {
    fprintf(stderr, "baseline: %s: %s\n", what, sqlite3_errmsg(store->database));
    exit(1);
}

static void execute(struct store *store, const char *sql) {
    if (sqlite3_exec(store->database, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail(store, sql);
}

static sqlite3_stmt *prepare(struct store *store, const char *sql) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v3(store->database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
        fail(store, sql);
    return statement;
}

static void step(struct store *store, sqlite3_stmt *statement, const char *what) {
    int result = sqlite3_step(statement);
    if (result != SQLITE_DONE)
        fail(store, what);
    sqlite3_reset(statement);
}

struct store *store_open(const char *path, size_t row_bytes, int checkpoint_pages) {
    struct store *store = calloc(1, sizeof *store);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    char pragma[64];

    if (sqlite3_open_v2(path, &store->database, flags, NULL) != SQLITE_OK)
        fail(store, path);
    execute(store, "PRAGMA journal_mode=WAL");
    execute(store, "PRAGMA synchronous=FULL");
    snprintf(pragma, sizeof pragma, "PRAGMA wal_autocheckpoint=%d", checkpoint_pages);
    execute(store, pragma);
    execute(store, "CREATE TABLE ledger (id INTEGER PRIMARY KEY, leaf TEXT NOT NULL) STRICT");
    store->begin = prepare(store, "BEGIN IMMEDIATE");
    store->insert = prepare(store, "INSERT INTO ledger (id, leaf) VALUES (?, ?)");
    store->commit = prepare(store, "COMMIT");
    store->row = malloc(row_bytes);
    memset(store->row, 'x', row_bytes);
    store->row_bytes = row_bytes;
    return store;
}

int64_t store_commit(struct store *store, size_t count) {
    int64_t first = store->next;

    step(store, store->begin, "begin");
    for (size_t i = 0; i < count; i++) {
        sqlite3_bind_int64(store->insert, 1, store->next++);
        sqlite3_bind_text(store->insert, 2, store->row, (int)store->row_bytes, SQLITE_STATIC);
        step(store, store->insert, "insert");
    }
    step(store, store->commit, "commit");
    return first;
}

void store_close(struct store *store) {
    sqlite3_finalize(store->begin);
    sqlite3_finalize(store->insert);
    sqlite3_finalize(store->commit);
    sqlite3_close(store->database);
    free(store->row);
    free(store);
}
