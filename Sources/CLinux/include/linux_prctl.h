// SPDX-License-Identifier: Apache-2.0
//
// prctl(2), which is variadic.
#pragma once

#define LINUX_PR_SET_KEEPCAPS 8
#define LINUX_PR_CAPBSET_DROP 24
#define LINUX_PR_CAP_AMBIENT 47
#define LINUX_PR_CAP_AMBIENT_CLEAR_ALL 4

int linux_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);

/// PR_SET_PDEATHSIG: this signal comes when the thread that made the process ends. Set it first, then compare
/// getppid(2) with the parent that was expected: it may have ended before.
int linux_set_parent_death_signal(int signal);

/// PR_SET_NO_NEW_PRIVS, which exec(2) and children keep.
int linux_set_no_new_privileges(void);

