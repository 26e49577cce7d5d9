#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does to a ledger what somebody with root and time would do.

usage: tamper.py DATABASE sql SQL    run statements past the triggers, which are as before afterwards
       tamper.py DATABASE raw SQL    run statements
       tamper.py DATABASE cut SIZE   cut the log to SIZE records so that database and tree agree with one another
       tamper.py DATABASE forget SIZE    the same, and every checkpoint over more records, in the file beside it too
"""

import hashlib
import os
import sqlite3
import sys


def root_of(leaves):
    """RFC 6962's MTH."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + root_of(leaves[:split]) + root_of(leaves[split:])).digest()


def cut(database, size):
    leaves = [row[0] for row in database.execute("SELECT leaf FROM log WHERE idx < ? ORDER BY idx", (size,))]
    leaves = [leaf.encode() if isinstance(leaf, str) else leaf for leaf in leaves]
    assert len(leaves) == size, len(leaves)
    database.execute("DELETE FROM log WHERE idx >= ?", (size,))
    for level in range(7):
        database.execute("DELETE FROM tile WHERE level = ? AND idx >= ?", (level, size >> (8 * (level + 1))))
    database.execute("UPDATE tree SET size = ?, root = ?", (size, root_of(leaves)))


def forget(database, directory, size):
    database.execute("DELETE FROM checkpoint WHERE size > ?", (size,))
    path = os.path.join(directory, "checkpoints")
    notes = open(path, encoding="utf-8").read().split("\n\n\n")[:-1]
    kept = [note for note in notes if int(note.split("\n")[1]) <= size]
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(note + "\n\n\n" for note in kept))


# Statements find the records and the tree in tables, a row for each; what they make of them goes back into batches.
AS_ROWS = """
    CREATE TEMP TABLE log (idx INTEGER PRIMARY KEY, leaf TEXT NOT NULL);
    INSERT INTO temp.log SELECT idx, leaf FROM main.log;
    CREATE TEMP TABLE tree AS SELECT * FROM main.tree;
"""
AS_BATCHES = """
    DELETE FROM main.log_batch;
    DELETE FROM main.log_row;
    INSERT INTO main.log_batch (first, count, leaves)
    SELECT min(idx), count(*), group_concat(leaf, char(10))
    FROM (SELECT idx, leaf, idx - row_number() OVER (ORDER BY idx) AS run FROM temp.log ORDER BY idx)
    GROUP BY run, idx >> 6;
    DELETE FROM main.tree_row;
    INSERT INTO main.tree_row SELECT * FROM temp.tree;
"""

path, what, argument = sys.argv[1:]
database = sqlite3.connect(path, isolation_level=None)
if what == "raw":
    database.executescript(argument)
else:
    triggers = database.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        database.execute(f"DROP TRIGGER {name}")
    database.executescript(AS_ROWS)
    if what == "sql":
        database.executescript(argument)
    else:
        cut(database, int(argument))
        if what == "forget":
            forget(database, os.path.dirname(path), int(argument))
    database.executescript(AS_BATCHES)
    for _, sql in triggers:
        database.execute(sql)
database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
database.close()
