// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_socket.h"

#include <linux/sockios.h>
#include <stddef.h>
#include <sys/ioctl.h>

_Static_assert(LINUX_SO_PEERSEC == SO_PEERSEC, "SO_PEERSEC");
_Static_assert(LINUX_SO_PEERGROUPS == SO_PEERGROUPS, "SO_PEERGROUPS");

int linux_accept(int listener, int flags) { return accept4(listener, NULL, NULL, flags); }

int linux_outgoing_queue(int socket, int *bytes) { return ioctl(socket, SIOCOUTQ, bytes); }

int linux_incoming_queue(int socket, int *bytes) { return ioctl(socket, SIOCINQ, bytes); }
