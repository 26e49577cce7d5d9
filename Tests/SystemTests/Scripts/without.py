#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""without.py NAME[,NAME…] COMMAND…: runs a command for which these system calls are not there (ENOSYS), as in a
container whose seccomp profile is older than they are."""
import ctypes, os, struct, sys

NUMBERS = {"openat2": 437, "pidfd_open": 434}
names, command = sys.argv[1].split(","), sys.argv[2:]


def statement(code, yes, no, value):
    return struct.pack("HBBI", code, yes, no, value)


program = [statement(0x20, 0, 0, 0)]  # the number of the call
for left, name in zip(range(len(names), 0, -1), names):
    program.append(statement(0x15, left, 0, NUMBERS[name]))
program.append(statement(0x06, 0, 0, 0x7FFF0000))  # allowed
program.append(statement(0x06, 0, 0, 0x00050000 | 38))  # ENOSYS
text = ctypes.create_string_buffer(b"".join(program))
filter = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(text))
libc = ctypes.CDLL(None, use_errno=True)
for call in ((38, 1, 0, 0, 0), (22, 2, filter, 0, 0)):  # PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP
    if libc.prctl(*call):
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
os.execv(command[0], command)
