#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps connections busy with calls of all kinds while the broker dies and comes back, and prints each grant that it
received, as "record name", when its time is over.

usage: storm_client.py SOCKET CONNECTIONS SECONDS SEED
"""

import json
import os
import random
import selectors
import socket
import sys
import time

path, count, seconds, seed = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
choose = random.Random(seed)
selector = selectors.DefaultSelector()
received = []

NAMES = ["files/secret", "files/shared", "files/journal", "memory/secret", "ports/one"]
DENIED = ["hidden/secret", "no/such/name"]


def next_call():
    kind = choose.randrange(20)
    if kind == 0:
        return {"method": "io.vaultd.Broker.WhoAmI"}
    if kind == 1:
        return {"method": "io.vaultd.Broker.List"}
    if kind == 2:
        names = [choose.choice(NAMES), choose.choice(DENIED)]
    elif kind == 3:
        names = ["files/missing"]
    else:
        names = choose.choices(NAMES, k=choose.choice([1, 1, 1, 2, 8]))
    requests = [{"name": name} for name in names]
    return {"method": "io.vaultd.Broker.Open", "parameters": {"requests": requests}}


class Connection:
    def __init__(self):
        self.socket = None
        self.retry_at = 0.0
        self.data, self.descriptors = b"", []

    def connect(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        try:
            self.socket.connect(path)
            selector.register(self.socket, selectors.EVENT_READ, self)
            self.call()
        except OSError:
            self.drop()

    def call(self):
        self.asked = next_call()
        self.socket.sendall(json.dumps(self.asked).encode() + b"\0")

    def drop(self):
        """The broker is gone. A reply that did not come whole names no record, so nothing can be said about it."""
        if self.socket in [key.fileobj for key in selector.get_map().values()]:
            selector.unregister(self.socket)
        self.socket.close()
        self.socket = None
        self.retry_at = time.monotonic() + 0.02
        self.close_descriptors()

    def close_descriptors(self):
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.data, self.descriptors = b"", []

    def readable(self):
        try:
            data, descriptors, _, _ = socket.recv_fds(self.socket, 65536, 253, socket.MSG_CMSG_CLOEXEC)
            self.data += data
            self.descriptors += descriptors
            if not data:
                self.drop()
            elif self.data.endswith(b"\0"):
                self.take(json.loads(self.data[:-1]))
                self.call()
        except OSError:
            self.drop()

    def take(self, reply):
        grants = [] if reply.get("error") else reply["parameters"].get("grants", [])
        if len(grants) != len(self.descriptors):
            sys.exit(f"{len(self.descriptors)} descriptors for {reply}")
        if grants:
            asked = [request["name"] for request in self.asked["parameters"]["requests"]]
            if [grant["name"] for grant in grants] != asked:
                sys.exit(f"asked for {asked}, got {reply}")
        for grant in grants:
            os.fstat(self.descriptors[grant["fileDescriptor"]])
            received.append((grant["record"], grant["name"]))
        self.close_descriptors()


connections = [Connection() for _ in range(count)]
end = time.monotonic() + seconds
# On a slow machine every broker may have been killed before it could answer: the last one lives on.
last = end + 120
while time.monotonic() < end or (not received and time.monotonic() < last):
    for connection in connections:
        if connection.socket is None and time.monotonic() >= connection.retry_at:
            connection.connect()
    for key, _ in selector.select(0.02):
        key.data.readable()
for record, name in received:
    print(record, name)
