# SPDX-License-Identifier: Apache-2.0
"""Root of a user namespace of its own claims, with each message, to be somebody else.

usage: forged_credentials.py    below `unshare --user --map-root-user --pid --fork`: in a pid namespace
of its own it may claim any pid of that
"""

import os
import socket
import struct
import time

from wire import answer, connect, message, opening, report


def claim(connection, text, pid, uid):
    credentials = struct.pack("iII", pid, uid, uid)
    connection.sendmsg([text], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, credentials)])
    return answer(connection)


child = os.fork()
if child == 0:
    time.sleep(60)
    os._exit(0)
try:
    report(
        identity=claim(connect(), message("WhoAmI"), os.getpid(), 0),
        as_root=claim(connect(), opening("attacked/by-user"), os.getpid(), 0),
        as_another_process=claim(connect(), opening("attacked/by-user"), child, 0),
    )
finally:
    os.kill(child, 9)
    os.waitpid(child, 0)
