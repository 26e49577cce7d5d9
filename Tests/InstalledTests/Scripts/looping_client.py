#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Opens a capability again and again, each time on a connection of its own, until there is a file STOP. Prints each
grant that it got as "grant RECORD", and at last how often the broker ended first.

usage: looping_client.py NAME STOP
"""

import json
import os
import socket
import sys

PATH = "/run/vaultd/vault.sock"
name, stop = sys.argv[1:]
cut = 0

while not os.path.exists(stop):
    with socket.socket(socket.AF_UNIX) as broker:
        broker.settimeout(20)
        # The service manager keeps the socket: nobody is ever refused.
        broker.connect(PATH)
        call = {"method": "io.vaultd.Broker.Open", "parameters": {"requests": [{"name": name}]}}
        reply, descriptors = b"", []
        try:
            broker.sendall(json.dumps(call).encode() + b"\0")
            while not reply.endswith(b"\0"):
                data, received, _, _ = socket.recv_fds(broker, 65536, 253, socket.MSG_CMSG_CLOEXEC)
                if not data:
                    break
                reply, descriptors = reply + data, descriptors + received
        except (ConnectionResetError, BrokenPipeError):
            pass
        if reply.endswith(b"\0"):
            answer = json.loads(reply[:-1])
            if "error" in answer:
                sys.exit(f"{answer}")
            for grant in answer["parameters"]["grants"]:
                os.fstat(descriptors[grant["fileDescriptor"]])
                print("grant", grant["record"], flush=True)
        else:
            # The broker ended between the connection and the call.
            cut += 1
            if descriptors:
                sys.exit("a descriptor came without a whole reply")
        for descriptor in descriptors:
            os.close(descriptor)
print("cut", cut, flush=True)
