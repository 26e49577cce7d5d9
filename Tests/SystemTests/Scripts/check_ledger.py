#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what clients received with what a stopped broker recorded, knowing only the documented formats: one JSON
text for each record, RFC 6962 hashing over their exact bytes.

usage: check_ledger.py STATE [UID=FILE]...    where FILE holds what storm_client.py printed as that user
"""

import hashlib
import json
import sqlite3
import sys

problems = []


def complain(message):
    problems.append(message)


def root_of(leaves):
    """The root of the tree: of subtrees with sizes that are powers of two, joined from the right."""
    subtrees = []
    for leaf in leaves:
        node, size = hashlib.sha256(b"\x00" + leaf).digest(), 1
        while subtrees and subtrees[-1][1] == size:
            left, size = subtrees.pop()
            node, size = hashlib.sha256(b"\x01" + left + node).digest(), 2 * size
        subtrees.append((node, size))
    if not subtrees:
        return hashlib.sha256(b"").digest()
    node, _ = subtrees.pop()
    while subtrees:
        node = hashlib.sha256(b"\x01" + subtrees.pop()[0] + node).digest()
    return node


def read_ledger(state):
    database = sqlite3.connect(f"file:{state}/ledger.db?mode=ro", uri=True)
    rows = database.execute("SELECT idx, CAST(leaf AS BLOB) FROM log ORDER BY idx").fetchall()
    size, root = database.execute("SELECT size, root FROM tree").fetchone()
    if [index for index, _ in rows] != list(range(len(rows))):
        complain("the indices of the log have gaps")
    if size != len(rows):
        complain(f"the tree has {size} leaves, the log {len(rows)}")
    if root_of([leaf for _, leaf in rows]) != root:
        complain("the stored root is not that of the stored bytes")
    records = [json.loads(leaf) for _, leaf in rows]
    for index, record in enumerate(records):
        if record["index"] != index:
            complain(f"record {index} says that it is {record['index']}")
    return records


def deliveries(records):
    """What became of each grant, by its index."""
    fates = {}
    for record in (record for record in records if record["type"] == "delivery"):
        told = [(index, "sent") for first, last in record["sent"] for index in range(first, last + 1)]
        told += [(failure["index"], "failed") for failure in record["failed"]]
        told += [(index, "unknown") for index in record["unknown"]]
        for index, fate in told:
            if index in fates:
                complain(f"the delivery of record {index} is told twice: {fates[index]}, {fate}")
            fates[index] = fate
            if records[index]["type"] != "grant":
                complain(f"record {index} is no grant and has a delivery")
    return fates


def main():
    records = read_ledger(sys.argv[1])
    fates = deliveries(records)
    for record in records:
        if record["type"] == "grant" and record["index"] not in fates:
            complain(f"the grant {record['index']} has no delivery")
    seen = set()
    for argument in sys.argv[2:]:
        uid, _, path = argument.partition("=")
        with open(path, encoding="utf-8") as file:
            received = [line.split() for line in file]
        for index, name in ((int(index), name) for index, name in received):
            if index in seen:
                complain(f"two descriptors came with the record {index}")
            seen.add(index)
            record = records[index] if index < len(records) else {"type": "no record"}
            if record["type"] != "grant":
                complain(f"a descriptor of {name} came with record {index}, which is {record['type']}")
            elif record["capability"]["name"] != name or record["peer"]["uid"] != int(uid):
                complain(f"record {index} is about something else than {name} for {uid}")
            elif fates.get(index) == "failed":
                complain(f"the delivery of {index} is said to have failed, and it was received")
    kinds = {}
    for record in records:
        kinds[record["type"]] = kinds.get(record["type"], 0) + 1
    print(len(records), "records", kinds, len(seen), "descriptors received")
    for problem in problems[:20]:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


sys.exit(main())
