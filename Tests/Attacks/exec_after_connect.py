# SPDX-License-Identifier: Apache-2.0
"""Connects as a program that a rule trusts, then executes another one, which asks over the same connection.

usage: exec_after_connect.py OTHER-PROGRAM    where the other program is a Python, too
"""

import os
import socket
import sys

from wire import call, connect, message, opening, report

if sys.argv[1] != "--executed":
    connection = connect()
    before = call(connection, opening("attacked/by-program"))
    os.set_inheritable(connection.fileno(), True)
    os.execv(sys.argv[1], [sys.argv[1], __file__, "--executed", str(connection.fileno()), before])

connection = socket.socket(fileno=int(sys.argv[2]))
report(
    before=sys.argv[3],
    by_program=call(connection, opening("attacked/by-program")),
    afterwards=call(connection, message("WhoAmI")),
    by_user=call(connect(), opening("attacked/by-user")),
)
