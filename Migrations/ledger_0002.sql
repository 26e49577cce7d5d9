-- SPDX-License-Identifier: Apache-2.0
--
-- What the log has signed of itself, and which texts of it were given to an archive.

-- Under which name and key the log signs. A second row is made only by `vaultd --accept-rollback`.
CREATE TABLE origin (
    number INTEGER PRIMARY KEY CHECK (number > 0),
    name   TEXT    NOT NULL UNIQUE,
    -- The verifier key, C2SP signed-note.
    key    TEXT    NOT NULL,
    -- The record that began it.
    record INTEGER NOT NULL
) STRICT;

CREATE TRIGGER origin_is_never_updated BEFORE UPDATE ON origin
BEGIN
    SELECT RAISE(ABORT, 'the origins of the log are append-only');
END;

CREATE TRIGGER origin_is_never_deleted_from BEFORE DELETE ON origin
BEGIN
    SELECT RAISE(ABORT, 'the origins of the log are append-only');
END;

-- Signed checkpoints by the size they cover. Each was in STATE/checkpoints before it came here.
CREATE TABLE checkpoint (
    size INTEGER PRIMARY KEY,
    note TEXT    NOT NULL
) STRICT;

CREATE TRIGGER checkpoint_is_never_updated BEFORE UPDATE ON checkpoint
BEGIN
    SELECT RAISE(ABORT, 'checkpoints are append-only');
END;

CREATE TRIGGER checkpoint_is_never_deleted_from BEFORE DELETE ON checkpoint
BEGIN
    SELECT RAISE(ABORT, 'checkpoints are append-only');
END;

-- What witnesses have added to a checkpoint: signature lines as they stand in a note.
CREATE TABLE cosignature (
    size   INTEGER NOT NULL,
    line   TEXT    NOT NULL,
    PRIMARY KEY (size, line)
) STRICT, WITHOUT ROWID;

-- How far the texts of records have been pruned; their hashes stay in the tiles. Whole tiles only.
CREATE TABLE prune (
    before INTEGER PRIMARY KEY CHECK (before > 0 AND before % 256 = 0),
    -- The record that tells of it, which is none of those that go.
    record INTEGER NOT NULL CHECK (record >= before)
) STRICT;

CREATE TRIGGER prune_is_never_updated BEFORE UPDATE ON prune
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

CREATE TRIGGER prune_is_never_deleted_from BEFORE DELETE ON prune
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

-- What no record has given to an archive cannot be deleted.
DROP TRIGGER log_is_never_deleted_from;

CREATE TRIGGER log_is_never_deleted_from BEFORE DELETE ON log
WHEN old.idx >= coalesce((SELECT max(before) FROM prune), 0)
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;
