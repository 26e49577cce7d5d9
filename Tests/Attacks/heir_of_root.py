# SPDX-License-Identifier: Apache-2.0
"""Root connects and is served; then it gives up root, or ends and leaves the connection to a child, which goes on.

usage: heir_of_root.py UID
"""

import json
import os
import sys

from wire import call, connect, message, report

uid = int(sys.argv[1])


def admin(method, **parameters):
    return json.dumps({"method": f"io.vaultd.{method}", "parameters": parameters}).encode() + b"\0"


def become():
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


calls = {
    "granting": admin(
        "Admin.Grant",
        document=json.dumps({"id": "mine", "permit": ["admin"], "to": {"uid": [uid]}}),
    ),
    "revoking": admin("Admin.Revoke", rule="to-the-user"),
    "status": admin("Admin.Status"),
    "query": admin("Audit.Query", limit=1),
    "list": message("List"),
    "who": message("WhoAmI"),
}


def former_root(text, write):
    """The process that connected is the one that asks; it is not root any more."""
    connection = connect()
    assert isinstance(call(connection, calls["status"]), dict)
    become()
    os.write(write, json.dumps(call(connection, text)).encode())


def heir(text, write):
    """The process that connected has ended; its child has the connection, and asks when it is gone."""
    connection = connect()
    assert isinstance(call(connection, calls["status"]), dict)
    parent = os.getpid()
    if os.fork() == 0:
        become()
        while os.getppid() == parent:
            pass
        os.write(write, json.dumps(call(connection, text)).encode())


found = {}
for name, text in calls.items():
    for kind in (former_root, heir):
        read, write = os.pipe()
        if os.fork() == 0:
            kind(text, write)
            os._exit(0)
        os.close(write)
        found[f"{kind.__name__} {name}"] = json.loads(os.read(read, 1 << 16) or b'"nothing"')
        os.close(read)
        os.wait()
report(**found)
