-- SPDX-License-Identifier: Apache-2.0
--
-- The log in batches: a row for each commit, and in it what was changed for each commit elsewhere.

DROP TRIGGER log_is_never_updated;
DROP TRIGGER log_is_never_deleted_from;

-- What was written before this step stays where it is, with a row for each record. It ends where the first batch begins.
ALTER TABLE log RENAME TO log_row;

CREATE TRIGGER log_row_is_never_inserted_into BEFORE INSERT ON log_row
BEGIN
    SELECT RAISE(ABORT, 'the log is written in batches');
END;

CREATE TRIGGER log_row_is_never_updated BEFORE UPDATE ON log_row
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

CREATE TRIGGER log_row_is_never_deleted_from BEFORE DELETE ON log_row
WHEN old.idx >= coalesce((SELECT max(before) FROM prune), 0)
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

-- Records that were committed together and follow one another. A row has none of two tiles (256 records), and some
-- 64 KiB at most; a commit of more has several.
CREATE TABLE log_batch (
    -- The index of the first of them.
    first           INTEGER PRIMARY KEY,
    count           INTEGER NOT NULL,
    -- The state as of this commit, in the last of its rows. The newest of these counts; see the view `tree`.
    root            BLOB CHECK (length(root) = 32),
    last_time_usec  INTEGER,
    delivered_up_to INTEGER,
    -- Each leaf's bytes, with a line feed between them, which stands in none.
    leaves          TEXT    NOT NULL
) STRICT;

CREATE TRIGGER log_is_never_updated BEFORE UPDATE ON log_batch
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

CREATE TRIGGER log_is_never_deleted_from BEFORE DELETE ON log_batch
WHEN old.first >= coalesce((SELECT max(before) FROM prune), 0)
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

-- Each record with its exact bytes, as the table of this name had it. Whoever looks for a few of a large log asks
-- `log_batch` for a range of `first`: here every text before and behind them is taken apart too.
CREATE VIEW log (idx, leaf) AS
SELECT idx, leaf FROM log_row
UNION ALL
SELECT log_batch.first + json_each.key, json_each.value
FROM log_batch, json_each('[' || replace(log_batch.leaves, char(10), ',') || ']');

-- As of the last commit that brought no record, or of a stop. A batch that reaches further is newer.
ALTER TABLE tree RENAME TO tree_row;

CREATE VIEW tree (id, size, root, last_time_usec, delivered_up_to) AS
SELECT 0, size, root, last_time_usec, delivered_up_to
FROM (
    SELECT 0 AS place, size, root, last_time_usec, delivered_up_to FROM tree_row
    UNION ALL
    SELECT 1, first + count, root, last_time_usec, delivered_up_to FROM (
        SELECT first, count, root, last_time_usec, delivered_up_to FROM log_batch
        WHERE root NOT NULL ORDER BY first DESC LIMIT 1
    )
)
ORDER BY size DESC, place LIMIT 1;
