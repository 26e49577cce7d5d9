# SPDX-License-Identifier: Apache-2.0
"""Root connects, and gives the connection to a process of another user, which asks over it.

usage: given_away.py UID OTHER-UID
"""

import os
import socket
import sys

from wire import call, connect, opening, report

uid, other = map(int, sys.argv[1:])
left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
child = os.fork()
if child == 0:
    os.setgroups([])
    os.setresgid(other, other, other)
    os.setresuid(other, other, other)
    _, descriptors, _, _ = socket.recv_fds(right, 1, 1)
    given = socket.socket(fileno=descriptors[0])
    report(given=call(given, opening("attacked/by-user")), own=call(connect(), opening("attacked/by-user")))
    os._exit(0)

os.setgroups([])
os.setresgid(uid, uid, uid)
os.setresuid(uid, uid, uid)
connection = connect()
assert call(connection, opening("attacked/by-user")) == "secret\n"
socket.send_fds(left, [b"x"], [connection.fileno()])
_, status = os.waitpid(child, 0)
sys.exit(status != 0)
