-- SPDX-License-Identifier: Apache-2.0
--
-- What clients have deposited.

-- A row for each deposit that is held. The descriptor itself is in the daemon, and with the service manager under this id;
-- what is left here after a start and has none is lost, and a record says so.
CREATE TABLE deposit (
    id                TEXT    NOT NULL PRIMARY KEY,
    -- Its `deposit` record.
    record            INTEGER NOT NULL,
    name              TEXT    NOT NULL UNIQUE,
    -- The words, with blanks between them.
    rights            TEXT    NOT NULL,
    -- What the descriptor is, such as `pipe`; its access mode and status flags; its inode, where it has one of its own.
    type              TEXT    NOT NULL,
    flags             INTEGER NOT NULL,
    inode             INTEGER,
    -- Who passed it in, and the rule that let it.
    uid               INTEGER NOT NULL,
    user              TEXT,
    rule              TEXT    NOT NULL,
    -- The name that it is to have with the program that gets it.
    fd_name           TEXT,
    boot_id           TEXT    NOT NULL,
    deposited_usec    INTEGER NOT NULL,
    expires_boot_usec INTEGER,
    expires_usec      INTEGER
) STRICT, WITHOUT ROWID;
