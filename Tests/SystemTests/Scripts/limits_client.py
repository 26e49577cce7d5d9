#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Uses up what rules limit, from many processes at once, while the broker dies and comes back. Prints a line for each
grant that was received: "NAME RECORD", and for what counts as outstanding "out RECORD FROM UNTIL": the time, on
CLOCK_MONOTONIC in nanoseconds, for which it was surely held.

usage: limits_client.py SOCKET PROCESSES SECONDS SEED
"""

import json
import os
import random
import socket
import sys
import time

path, count, seconds, seed = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
end = time.monotonic() + seconds
NAMES = ["limited/uses", "limited/each", "limited/rate", "limited/out", "limited/out"]


def tell(*words):
    # One write of less than PIPE_BUF: whole, whoever else writes.
    os.write(1, (" ".join(str(word) for word in words) + "\n").encode())


def call(broker, method, parameters):
    broker.sendall(json.dumps({"method": "io.vaultd.Broker." + method, "parameters": parameters}).encode() + b"\0")
    data, descriptors = b"", []
    while not data.endswith(b"\0"):
        more, received, _, _ = socket.recv_fds(broker, 65536, 8)
        if not more:
            raise OSError("the broker hung up")
        data, descriptors = data + more, descriptors + received
    return json.loads(data[:-1]), descriptors


def use(broker, choose):
    name = choose.choice(NAMES)
    reply, descriptors = call(broker, "Open", {"requests": [{"name": name}]})
    received = time.monotonic_ns()
    if "error" in reply:
        time.sleep(choose.random() * 0.02)
        return
    grant = reply["parameters"]["grants"][0]
    if name != "limited/out":
        tell(name, grant["record"])
        os.close(descriptors[0])
        return
    time.sleep(choose.random() * 0.05)
    os.close(descriptors[0])
    tell("out", grant["record"], received, time.monotonic_ns())
    if choose.random() < 0.5:
        call(broker, "Release", {"lease": grant["lease"]["id"]})
    else:
        os._exit(0)  # Its exit ends the lease as well.


def work(number):
    choose = random.Random(number)
    broker = None
    while time.monotonic() < end:
        if broker is None:
            broker = socket.socket(socket.AF_UNIX)
            broker.settimeout(10)
            try:
                broker.connect(path)
            except OSError:
                broker = None
                time.sleep(0.05)
                continue
        try:
            use(broker, choose)
        except OSError:
            # What may have been granted and was not received ends with this process.
            os._exit(0)
    os._exit(0)


living = 0
number = seed
while time.monotonic() < end or living:
    while living < count and time.monotonic() < end:
        number += 1
        if os.fork() == 0:
            try:
                work(number)
            finally:
                os._exit(1)
        living += 1
    _, status = os.wait()
    living -= 1
    if status != 0:
        sys.exit(f"a process ended with {status}")
