#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The calls without descriptors, through the varlink package from PyPI.

usage: varlink_calls.py SOCKET NAME    where NAME is a capability of kind file that the caller may list
"""

import os
import sys

import varlink

socket_path, name = sys.argv[1:]
client = varlink.Client.new_with_address(f"unix:{socket_path}")

with client.open("org.varlink.service") as service:
    interfaces = service.GetInfo()["interfaces"]
for interface in ("org.varlink.service", "io.vaultd.Broker", "io.vaultd.Admin", "io.vaultd.Audit"):
    assert interface in interfaces, f"{interface} is not among {interfaces}"
    # Fetches the description and parses it with the package's own parser.
    parsed = client.get_interface(interface)
    assert parsed.members, f"{interface} describes no member"
    print(interface, " ".join(sorted(parsed.members)))

with client.open("io.vaultd.Broker") as broker:
    identity = broker.WhoAmI()["identity"]
    assert identity["uid"] == os.getuid(), identity
    # Each fact has a value, or is known not to be there, or is not known for a reason.
    for fact in ("user", "label", "unit", "cgroup", "loginuid", "session", "namespace", "exe", "exeSha256"):
        ways = (identity.get(fact) is not None, fact in identity["none"], fact in identity["unknown"])
        assert sum(ways) == 1, f"{fact}: {identity}"
    listed = {entry["name"]: entry for entry in broker.List()["capabilities"]}
    assert listed[name]["kind"] == "file", listed
    assert broker.Describe(name)["capability"] == listed[name]
    assert list(broker.List("no/such/**")["capabilities"]) == []
    try:
        broker.Describe("no/such/name")
    except varlink.VarlinkError as error:
        assert error.error() in ("io.vaultd.Broker.NotFound", "io.vaultd.Broker.Denied"), error.error()
    else:
        raise AssertionError("a name that does not exist was described")

print("ok")
