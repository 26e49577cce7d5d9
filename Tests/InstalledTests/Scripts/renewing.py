#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A service that reads its secret again at SIGHUP, and says all that it does to the service manager: what STATUS= says
is its own pid, how often it has read, and what. It would be the main process, if it were asked."""

import os
import signal
import socket
import time

manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
address = os.environ["NOTIFY_SOCKET"]
manager.connect("\0" + address[1:] if address[0] == "@" else address)
count = 0


def tell(text):
    manager.send(f"{text}\nMAINPID={os.getpid()}".encode())


def read(*_):
    global count
    if count:
        tell(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")
    count += 1
    try:
        with open(os.environ["SECRET"]) as file:
            secret = file.read().strip()
    except OSError as error:
        secret = os.strerror(error.errno)
    tell(f"READY=1\nSTATUS={os.getpid()} {count} {secret}")


def end(*_):
    tell("STOPPING=1")
    raise SystemExit(0)


signal.signal(signal.SIGHUP, read)
signal.signal(signal.SIGTERM, end)
read()
while True:
    signal.pause()
