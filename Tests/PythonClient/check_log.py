#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks a log of the vault with nothing of the vault's: hashlib, cryptography and pymerkle.

usage: check_log.py KEY CHECKPOINT RECORDS RECEIPT

Each is a file: what `vault audit key`, `vault audit checkpoint`, `vault audit export` and `vault audit prove` printed.
The formats are C2SP signed-note, tlog-checkpoint and tlog-proof, the tree is that of RFC 6962.
"""

import base64
import hashlib
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pymerkle import InmemoryTree


def open_note(note, name, key_id, public):
    """The origin, size and root of a checkpoint, whose signature is checked."""
    body, signatures = note.split("\n\n", 1)
    for line in signatures.splitlines():
        dash, signer, blob = line.split(" ")
        assert dash == "\u2014", line
        blob = base64.b64decode(blob)
        if signer == name and blob[:4] == key_id:
            public.verify(blob[4:], (body + "\n").encode())
            origin, size, root = body.split("\n")[:3]
            assert origin == name, origin
            return int(size), base64.b64decode(root)
    raise AssertionError(f"no signature by {name}")


key_path, checkpoint_path, records_path, receipt_path = sys.argv[1:]

name, key_id, key = open(key_path).read().strip().split("+", 2)
key = base64.b64decode(key)
key_id = bytes.fromhex(key_id)
assert key[0] == 1 and len(key) == 33
assert hashlib.sha256(name.encode() + b"\n" + key).digest()[:4] == key_id
public = Ed25519PublicKey.from_public_bytes(key[1:])

size, root = open_note(open(checkpoint_path).read(), name, key_id, public)
records = open(records_path, "rb").read().split(b"\n")[:-1]
assert len(records) >= size, f"{len(records)} records, and a checkpoint over {size}"

tree = InmemoryTree(algorithm="sha256")
for record in records[:size]:
    tree.append_entry(record)
assert tree.get_root(size) == root, "the root"

head, note = open(receipt_path).read().split("\n\n", 1)
lines = head.split("\n")
assert lines.pop(0) == "c2sp.org/tlog-proof@v1"
leaf = base64.b64decode(lines.pop(0).removeprefix("extra ")) if lines[0].startswith("extra ") else None
index = int(lines.pop(0).removeprefix("index "))
path = [base64.b64decode(line) for line in lines]
proved_size, proved_root = open_note(note, name, key_id, public)
assert leaf is None or leaf == records[index]

# RFC 9162, 2.1.3.2, with hashlib alone.
node, last = index, proved_size - 1
value = hashlib.sha256(b"\0" + records[index]).digest()
for sibling in path:
    assert last > 0, "the path is too long"
    if node & 1 or node == last:
        value = hashlib.sha256(b"\1" + sibling + value).digest()
        while not node & 1 and node:
            node, last = node >> 1, last >> 1
    else:
        value = hashlib.sha256(b"\1" + value + sibling).digest()
    node, last = node >> 1, last >> 1
assert last == 0 and value == proved_root, "the inclusion proof"

print(f"{size} records, record {index} of {proved_size}: ok")
