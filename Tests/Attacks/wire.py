# SPDX-License-Identifier: Apache-2.0
"""What the attacks share: the wire of the broker, and how an attack says what it got.

Each attack is a program of its own, run by a suite of Tests/SystemTests, that prints one JSON object.
"""

import json
import os
import socket
import sys


def connect():
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(os.environ["VAULT_SOCKET"])
    return connection


def message(method, **parameters):
    return json.dumps({"method": f"io.vaultd.Broker.{method}", "parameters": parameters}).encode() + b"\0"


def opening(name):
    return message("Open", requests=[{"name": name}])


def answer(connection):
    """What the broker answered: its error, "hung up", or the identity or the contents of what was opened."""
    data, descriptors = b"", []
    try:
        while not data.endswith(b"\0"):
            part, passed, _, _ = socket.recv_fds(connection, 65536, 253)
            descriptors += passed
            if not part:
                return "hung up"
            data += part
    except ConnectionError:
        return "hung up"
    reply = json.loads(data[:-1])
    if "error" in reply:
        return reply["error"]
    if descriptors:
        return os.read(descriptors[0], 1000).decode()
    return reply["parameters"]


def call(connection, text):
    try:
        connection.sendall(text)
    except BrokenPipeError:
        pass
    return answer(connection)


def report(**findings):
    print(json.dumps(findings), flush=True)


def wait(pid):
    """The child's exit code; a child that failed fails the attack."""
    _, status = os.waitpid(pid, 0)
    if status != 0:
        sys.exit(f"the child {pid} ended with status {status}")
