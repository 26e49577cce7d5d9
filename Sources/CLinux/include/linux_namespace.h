// SPDX-License-Identifier: Apache-2.0
//
// setns(2) and unshare(2).
#pragma once

#define LINUX_CLONE_NEWNS 0x00020000
#define LINUX_CLONE_NEWCGROUP 0x02000000
#define LINUX_CLONE_NEWUTS 0x04000000
#define LINUX_CLONE_NEWIPC 0x08000000
#define LINUX_CLONE_NEWUSER 0x10000000
#define LINUX_CLONE_NEWPID 0x20000000
#define LINUX_CLONE_NEWNET 0x40000000

/// `descriptor`: of a namespace file, or a pidfd with several of the flags.
int linux_setns(int descriptor, int flags);
int linux_unshare(int flags);
