# SPDX-License-Identifier: Apache-2.0
"""Connects with a group that a rule names, drops it, and asks; then drops its own group, too.

usage: groups_dropped.py GROUP    as root with that supplementary group
"""

import os
import sys

from wire import call, connect, opening, report

group = int(sys.argv[1])
os.setgroups([group])
connection = connect()
os.setgroups([])
held = call(connection, opening("attacked/by-group"))
anew = call(connect(), opening("attacked/by-group"))
os.setegid(group)
report(
    held=held,
    anew=anew,
    after_its_own_group=call(connection, opening("attacked/by-group")),
)
