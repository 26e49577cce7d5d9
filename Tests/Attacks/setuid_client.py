# SPDX-License-Identifier: Apache-2.0
"""Connects, then executes a setuid program of a permitted user, which asks over the same connection, then over its own.

usage: setuid_client.py SETUID-PROGRAM    where the program is a Python
"""

import os
import socket
import sys

from wire import call, connect, message, opening, report

if sys.argv[1] != "--executed":
    connection = connect()
    before = call(connection, message("WhoAmI"))["identity"]["uid"]
    os.set_inheritable(connection.fileno(), True)
    os.execv(sys.argv[1], [sys.argv[1], __file__, "--executed", str(connection.fileno()), str(before)])

connection = socket.socket(fileno=int(sys.argv[2]))
inherited = call(connection, opening("attacked/by-user"))
own = connect()
report(
    before=int(sys.argv[3]),
    real=os.getuid(),
    effective=os.geteuid(),
    inherited=inherited,
    identity=call(own, message("WhoAmI"))["identity"]["uid"],
    own=call(own, opening("attacked/by-user")),
)
