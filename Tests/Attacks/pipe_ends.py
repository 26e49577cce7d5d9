# SPDX-License-Identifier: Apache-2.0
"""Takes the reading end of a pipe again and again: first each is closed at once, then all are kept.

usage: pipe_ends.py TIMES    as a user who may read pipes/one
"""

import json
import os
import socket
import sys

from wire import connect, message, report

times = int(sys.argv[1])
connection = connect()
kept = []


def take(close):
    connection.sendall(message("Open", requests=[{"name": "pipes/one", "rights": ["read"]}]))
    data, descriptors, _, _ = socket.recv_fds(connection, 65536, 253)
    for descriptor in descriptors:
        os.close(descriptor) if close else kept.append(descriptor)
    reply = json.loads(data[:-1])
    return reply.get("error"), reply.get("parameters", {}).get("limit")


closing = [take(True) for _ in range(times)]
keeping = [take(False) for _ in range(times)]
report(
    refused_while_closing=sum(error is not None for error, _ in closing),
    kept=len(kept),
    refused=sorted({error for error, _ in keeping if error}),
    limits=sorted({limit for error, limit in keeping if error}),
)
