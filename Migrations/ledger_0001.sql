-- SPDX-License-Identifier: Apache-2.0
--
-- The ledger: what was decided, in order, and the little that a start needs beside it.

-- One row for each record. The leaf's bytes are what the tree hashes; nothing else is said of a record here, and there
-- is no second index, since each would cost more than the row itself.
CREATE TABLE log (
    idx  INTEGER PRIMARY KEY,
    leaf TEXT    NOT NULL
) STRICT;

CREATE TRIGGER log_is_never_updated BEFORE UPDATE ON log
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

CREATE TRIGGER log_is_never_deleted_from BEFORE DELETE ON log
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

-- The hashes of the tree in tiles of 256 as C2SP tlog-tiles has them, written when full.
CREATE TABLE tile (
    level  INTEGER NOT NULL,
    idx    INTEGER NOT NULL,
    hashes BLOB    NOT NULL CHECK (length(hashes) = 8192),
    PRIMARY KEY (level, idx)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER tile_is_never_updated BEFORE UPDATE ON tile
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

CREATE TRIGGER tile_is_never_deleted_from BEFORE DELETE ON tile
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

-- One row, changed with every commit that appends.
CREATE TABLE tree (
    id              INTEGER PRIMARY KEY CHECK (id = 0),
    size            INTEGER NOT NULL,
    root            BLOB    NOT NULL CHECK (length(root) = 32),
    last_time_usec  INTEGER NOT NULL,
    -- Every grant with a smaller index has its delivery record.
    delivered_up_to INTEGER NOT NULL
) STRICT;

INSERT INTO tree (id, size, root, last_time_usec, delivered_up_to)
VALUES (0, 0, x'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 0, 0);

CREATE TABLE rule_counter (
    rule         TEXT    NOT NULL,
    -- The uid that is counted; -1 counts all of them together.
    principal    INTEGER NOT NULL,
    -- 0 counts for the life of the rule.
    window_usec  INTEGER NOT NULL,
    used         INTEGER NOT NULL,
    started_usec INTEGER NOT NULL,
    PRIMARY KEY (rule, principal, window_usec)
) STRICT, WITHOUT ROWID;

-- The grants that are followed until they end: those of rules with `lease` or `outstanding`.
CREATE TABLE lease (
    id                  TEXT    NOT NULL PRIMARY KEY,
    record              INTEGER NOT NULL,
    capability          TEXT    NOT NULL,
    -- The words, with blanks between them.
    rights              TEXT    NOT NULL,
    rule                TEXT    NOT NULL,
    uid                 INTEGER NOT NULL,
    -- The process that got it: with the boot, the inode of its pidfd names it, or before Linux 6.9 its pid and start.
    pid                 INTEGER NOT NULL,
    pidfd_inode         INTEGER,
    start_ticks         INTEGER,
    boot_id             TEXT    NOT NULL,
    started_usec        INTEGER NOT NULL,
    expires_boot_usec   INTEGER,
    expires_usec        INTEGER,
    renewable_boot_usec INTEGER,
    renewable_usec      INTEGER
) STRICT, WITHOUT ROWID;

-- The policy. Nothing is ever deleted: each change is a revision, and what holds from one to another says so, so that
-- any revision can be read and applied again.
CREATE TABLE policy_revision (
    revision  INTEGER PRIMARY KEY,
    sha256    TEXT    NOT NULL,
    -- The type of the record that made it, and its index.
    cause     TEXT    NOT NULL,
    record    INTEGER NOT NULL,
    time_usec INTEGER NOT NULL,
    uid       INTEGER,
    user      TEXT,
    reason    TEXT,
    -- Whether the files are those of policy_file with this revision, or as before.
    has_files INTEGER NOT NULL CHECK (has_files IN (0, 1)),
    -- One moment on both clocks, for the times of the rules that this revision brings. None where it brings none, and
    -- where the wall clock was not to be trusted.
    anchor_boot_id   TEXT,
    anchor_boot_usec INTEGER,
    anchor_usec      INTEGER
) STRICT;

CREATE TABLE policy_file (
    revision INTEGER NOT NULL,
    path     TEXT    NOT NULL,
    content  TEXT    NOT NULL,
    PRIMARY KEY (revision, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE stored_rule (
    added_revision   INTEGER NOT NULL,
    id               TEXT    NOT NULL,
    document         TEXT    NOT NULL,
    origin           TEXT    NOT NULL,
    removed_revision INTEGER,
    PRIMARY KEY (added_revision, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE suspension (
    added_revision INTEGER NOT NULL,
    rule           TEXT    NOT NULL,
    reason         TEXT,
    ended_revision INTEGER,
    PRIMARY KEY (added_revision, rule)
) STRICT, WITHOUT ROWID;

CREATE TABLE resolved_name (
    added_revision INTEGER NOT NULL,
    kind           TEXT    NOT NULL CHECK (kind IN ('user', 'group')),
    name           TEXT    NOT NULL,
    id             INTEGER NOT NULL,
    ended_revision INTEGER,
    PRIMARY KEY (added_revision, kind, name)
) STRICT, WITHOUT ROWID;

-- What each policy directory held when it was applied last.
CREATE TABLE policy_directory (
    path     TEXT    NOT NULL PRIMARY KEY,
    sha256   TEXT    NOT NULL,
    revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Capabilities that stand in no file.
CREATE TABLE added_capability (
    name     TEXT    NOT NULL PRIMARY KEY,
    document TEXT    NOT NULL,
    record   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
