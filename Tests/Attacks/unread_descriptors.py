# SPDX-License-Identifier: Apache-2.0
"""One user leaves as many descriptors unread as it gets, over many connections, some of which it ends in all the ways
there are; another user opens meanwhile.

usage: unread_descriptors.py UID OTHER-UID CONNECTIONS    as root
"""

import json
import os
import sys
import time

from wire import call, connect, message, opening, report

uid, other, count = map(int, sys.argv[1:])
MANY = message("Open", requests=[{"name": "files/secret"}] * 20)


def become(uid):
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def as_other():
    """What another user gets, three times, and how long the slowest took."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        become(other)
        answers, slowest = [], 0
        for _ in range(3):
            start = time.monotonic()
            answers.append(call(connect(), opening("files/secret")))
            slowest = max(slowest, time.monotonic() - start)
        os.write(writer, json.dumps([answers, slowest]).encode())
        os._exit(0)
    os.close(writer)
    return json.loads(os.read(reader, 4096))


ask_reader, ask_writer = os.pipe()
done_reader, done_writer = os.pipe()
if os.fork() == 0:
    become(uid)
    connections = []
    for number in range(count):
        connection = connect()
        connections.append(connection)
        try:
            for _ in range(6):
                connection.sendall(MANY)
                time.sleep(0.02)
            if number % 3 == 1:
                connection.sendall(b"{nonsense\0")
            if number % 3 == 2:
                connection.shutdown(1)
        except ConnectionError:
            pass
    time.sleep(0.5)
    os.write(done_writer, b"x")
    os.read(ask_reader, 1)
    refused = call(connect(), MANY)
    for connection in connections:
        connection.close()
    afterwards = call(connect(), opening("files/secret"))
    os.write(done_writer, json.dumps([refused, afterwards]).encode())
    os._exit(0)

os.close(done_writer)
os.read(done_reader, 1)
answers, slowest = as_other()
os.write(ask_writer, b"x")
refused, afterwards = json.loads(os.read(done_reader, 4096))
report(others=answers, slowest=slowest, refused=refused, afterwards=afterwards)
