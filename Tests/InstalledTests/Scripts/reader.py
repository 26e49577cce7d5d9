#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A service that can open nothing itself: a file is its standard input, its log its standard output, a secret is
descriptor 5, and the port that it serves descriptor 3, as by socket activation. To whoever connects it says what it
has."""

import os
import socket

text = os.read(0, 65536)
secret = os.read(5, 65536)
try:
    os.close(os.open("/srv/vault-tests/file.txt", os.O_RDONLY))
    text = b"the file can be opened without the vault\n"
except PermissionError:
    pass
with socket.socket(fileno=3) as listener:
    print("serving", os.environ["LISTEN_FDNAMES"], flush=True)
    connection, _ = listener.accept()
    with connection:
        connection.sendall(text + secret)
print("served", flush=True)
