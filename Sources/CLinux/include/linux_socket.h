// SPDX-License-Identifier: Apache-2.0
//
// Socket options and calls that Glibc hides or does not know yet.
#pragma once

#include <sys/socket.h>

#define LINUX_SO_PEERSEC 31
#define LINUX_SO_PEERGROUPS 59
#define LINUX_SO_PASSPIDFD 76 // Linux 6.5
#define LINUX_SO_PEERPIDFD 77 // Linux 6.5
#define LINUX_SO_PASSRIGHTS 83 // Linux 6.16

/// accept4(2) without an address; `flags` are SOCK_CLOEXEC and SOCK_NONBLOCK.
int linux_accept(int listener, int flags);

/// SIOCOUTQ: the bytes that the peer has not read yet (on a Unix socket: their whole memory footprint).
int linux_outgoing_queue(int socket, int *bytes);

/// SIOCINQ: the bytes that can be read (stream, seqpacket: all that wait; datagram: the first message).
int linux_incoming_queue(int socket, int *bytes);
