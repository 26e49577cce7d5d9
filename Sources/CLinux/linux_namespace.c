// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_namespace.h"

#include <sched.h>

_Static_assert(LINUX_CLONE_NEWNS == CLONE_NEWNS, "CLONE_NEWNS");
_Static_assert(LINUX_CLONE_NEWCGROUP == CLONE_NEWCGROUP, "CLONE_NEWCGROUP");
_Static_assert(LINUX_CLONE_NEWUTS == CLONE_NEWUTS, "CLONE_NEWUTS");
_Static_assert(LINUX_CLONE_NEWIPC == CLONE_NEWIPC, "CLONE_NEWIPC");
_Static_assert(LINUX_CLONE_NEWUSER == CLONE_NEWUSER, "CLONE_NEWUSER");
_Static_assert(LINUX_CLONE_NEWPID == CLONE_NEWPID, "CLONE_NEWPID");
_Static_assert(LINUX_CLONE_NEWNET == CLONE_NEWNET, "CLONE_NEWNET");

int linux_setns(int descriptor, int flags) { return setns(descriptor, flags); }

int linux_unshare(int flags) { return unshare(flags); }
