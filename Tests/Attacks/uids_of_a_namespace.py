# SPDX-License-Identifier: Apache-2.0
"""One user makes a user namespace with tens of thousands of uids, and connects as many of them, some from namespaces
that these make in turn; then one of these uids connects from the host.

usage: uids_of_a_namespace.py UID CONNECTIONS    as root, who maps the ids as newuidmap(1) does
"""

import ctypes
import json
import os
import sys

from wire import call, connect, message, report

uid, count = map(int, sys.argv[1:])
FIRST = 200_000
CLONE_NEWUSER = 0x10000000
libc = ctypes.CDLL(None, use_errno=True)


def unshare():
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def become(uid):
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


# What a process that stays must not keep open.
others_ends = []


def ask(is_nested, then):
    """Connects, says who it is to the broker, and stays until nobody has the pipe open any more."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        for other in others_ends:
            os.close(other)
        if is_nested:
            unshare()
        connection = connect()
        answer = call(connection, message("WhoAmI"))
        os.write(writer, json.dumps(answer if answer == "hung up" else answer["identity"]["uid"]).encode())
        os.close(writer)
        os.read(then, 1)
        os._exit(0)
    os.close(writer)
    return json.loads(os.read(reader, 4096))


end_reader, end_writer = os.pipe()
made_reader, made_writer = os.pipe()
mapped_reader, mapped_writer = os.pipe()
told_reader, told_writer = os.pipe()
inside = os.fork()
if inside == 0:
    os.close(end_writer)
    os.close(told_reader)
    become(uid)
    # Whoever changed its ids is not shown to others of its user, and its maps are not theirs to write.
    libc.prctl(4, 1, 0, 0, 0)
    unshare()
    os.write(made_writer, b"x")
    os.read(mapped_reader, 1)
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    answers = []
    for number in range(count):
        reader, writer = os.pipe()
        if os.fork() == 0:
            become(number + 1)
            libc.prctl(4, 1, 0, 0, 0)
            os.write(writer, json.dumps(ask(number % 2 == 1, end_reader)).encode())
            os._exit(0)
        os.close(writer)
        answers.append(json.loads(os.read(reader, 4096)))
    os.write(told_writer, json.dumps(answers).encode())
    os._exit(0)

others_ends.append(end_writer)
os.close(made_writer)
os.close(told_writer)
os.read(made_reader, 1)
for name in ("uid_map", "gid_map"):
    with open(f"/proc/{inside}/{name}", "w") as file:
        file.write(f"0 {FIRST} 65536")
os.write(mapped_writer, b"x")
answers = json.loads(os.read(told_reader, 65536))
pid = os.fork()
if pid == 0:
    become(FIRST + 1)
    print(json.dumps({"inside": answers, "host": ask(False, end_reader), "first": FIRST}), flush=True)
    os._exit(0)
os.waitpid(pid, 0)
