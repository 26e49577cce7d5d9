// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_message.h"

_Static_assert(sizeof(struct linux_ucred) == sizeof(struct ucred), "struct ucred");
_Static_assert(offsetof(struct linux_ucred, pid) == offsetof(struct ucred, pid), "pid");
_Static_assert(offsetof(struct linux_ucred, uid) == offsetof(struct ucred, uid), "uid");
_Static_assert(offsetof(struct linux_ucred, gid) == offsetof(struct ucred, gid), "gid");
_Static_assert(LINUX_SCM_RIGHTS == SCM_RIGHTS, "SCM_RIGHTS");
_Static_assert(LINUX_SCM_CREDENTIALS == SCM_CREDENTIALS, "SCM_CREDENTIALS");
_Static_assert(LINUX_MSG_NOSIGNAL == MSG_NOSIGNAL, "MSG_NOSIGNAL");
_Static_assert(LINUX_MSG_CMSG_CLOEXEC == MSG_CMSG_CLOEXEC, "MSG_CMSG_CLOEXEC");
