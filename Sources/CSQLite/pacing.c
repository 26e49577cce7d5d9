// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CSQLite.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// The methods come first: the file's pointer to them leads here.
struct paced_methods {
    sqlite3_io_methods methods;
    const sqlite3_io_methods *original;
    sqlite3_int64 step;
    sqlite3_int64 unsynchronised;
};

static sqlite3_int64 now_nsec(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int paced_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    struct paced_methods *paced = (struct paced_methods *)file->pMethods;
    int code = paced->original->xWrite(file, bytes, count, offset);
    if (code != SQLITE_OK) return code;
    paced->unsynchronised += count;
    if (paced->unsynchronised < paced->step) return SQLITE_OK;
    paced->unsynchronised = 0;
    sqlite3_int64 start = now_nsec();
    code = paced->original->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
    sqlite3_int64 took = now_nsec() - start;
    if (took > 100000000) took = 100000000;
    struct timespec pause = {.tv_sec = 0, .tv_nsec = took};
    nanosleep(&pause, NULL);
    return code;
}

static sqlite3_file *database_file(sqlite3 *db) {
    sqlite3_file *file = NULL;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK) return NULL;
    return file;
}

int csqlite_pace_writes(sqlite3 *db, int step) {
    sqlite3_file *file = database_file(db);
    if (file == NULL || file->pMethods == NULL) return SQLITE_ERROR;
    struct paced_methods *paced = calloc(1, sizeof *paced);
    if (paced == NULL) return SQLITE_NOMEM;
    // An older library has fewer methods than this one's header; it says which.
    memcpy(&paced->methods, file->pMethods,
           file->pMethods->iVersion >= 3   ? sizeof paced->methods
           : file->pMethods->iVersion == 2 ? offsetof(sqlite3_io_methods, xFetch)
                                           : offsetof(sqlite3_io_methods, xShmMap));
    paced->methods.xWrite = paced_write;
    paced->original = file->pMethods;
    paced->step = step;
    file->pMethods = &paced->methods;
    return SQLITE_OK;
}

void csqlite_stop_pacing(sqlite3 *db) {
    sqlite3_file *file = database_file(db);
    if (file == NULL || file->pMethods == NULL || file->pMethods->xWrite != paced_write) return;
    struct paced_methods *paced = (struct paced_methods *)file->pMethods;
    file->pMethods = paced->original;
    free(paced);
}
