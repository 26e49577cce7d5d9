# SPDX-License-Identifier: Apache-2.0
"""Connects and ends; then another process that got the same pid asks over the connection.

Runs as the first process of a pid namespace, as root there, so that it can say which pid comes next.

usage: same_pid.py UID
"""

import os
import sys

from wire import answer, call, connect, message, opening, report, wait

uid = int(sys.argv[1])


def become():
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def limit_pids():
    """A namespace has a limit of its own since Linux 6.14; before, it is that of the whole system."""
    major, minor = os.uname().release.split(".")[:2]
    if (int(major), int(minor)) < (6, 14):
        return False
    with open("/proc/sys/kernel/pid_max", "w") as file:
        file.write("400")
    return True


def next_pid(pid):
    with open("/proc/sys/kernel/ns_last_pid", "w") as file:
        file.write(str(pid - 1))


small = limit_pids()
import socket  # noqa: E402

# When the pids begin again, they begin at 300: those before are for the start of a system.
while True:
    early = os.fork()
    if early == 0:
        os._exit(0)
    wait(early)
    if early > 300:
        break

ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
first = os.fork()
if first == 0:
    become()
    connection = connect()
    assert isinstance(call(connection, message("WhoAmI")), dict)
    socket.send_fds(theirs, [b"x"], [connection.fileno()])
    os._exit(0)
_, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
connection = socket.socket(fileno=descriptors[0])
wait(first)

for attempt in range(1, 2000):
    if not small:
        next_pid(first)
    second = os.fork()
    if second == 0:
        if os.getpid() == first:
            become()
            connection.sendall(opening("attacked/by-user"))
            report(attempts=attempt, answered=answer(connection))
        os._exit(0)
    wait(second)
    if second == first:
        sys.exit(0)
sys.exit(f"the pid {first} did not come again")
