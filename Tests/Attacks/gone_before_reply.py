# SPDX-License-Identifier: Apache-2.0
"""Asks and ends at once; a process that holds the same connection waits for the reply.

usage: gone_before_reply.py BROKER-PID    as root, who stops the broker in between
"""

import os
import signal
import socket
import sys

from wire import answer, connect, opening, report, wait

broker = int(sys.argv[1])
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
child = os.fork()
if child == 0:
    os.setgroups([])
    os.setresgid(4711, 4711, 4711)
    os.setresuid(4711, 4711, 4711)
    connection = connect()
    socket.send_fds(theirs, [b"x"], [connection.fileno()])
    ours.close()
    theirs.recv(1)
    connection.sendall(opening("attacked/by-user"))
    os._exit(0)
_, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
connection = socket.socket(fileno=descriptors[0])
os.kill(broker, signal.SIGSTOP)
try:
    ours.send(b"x")
    wait(child)
finally:
    os.kill(broker, signal.SIGCONT)
report(answered=answer(connection))
