// SPDX-License-Identifier: Apache-2.0
#include "linux_prctl.h"

#include <sys/prctl.h>

_Static_assert(LINUX_PR_SET_PDEATHSIG == PR_SET_PDEATHSIG, "PR_SET_PDEATHSIG");
_Static_assert(LINUX_PR_GET_DUMPABLE == PR_GET_DUMPABLE, "PR_GET_DUMPABLE");
_Static_assert(LINUX_PR_SET_DUMPABLE == PR_SET_DUMPABLE, "PR_SET_DUMPABLE");
_Static_assert(LINUX_PR_SET_KEEPCAPS == PR_SET_KEEPCAPS, "PR_SET_KEEPCAPS");
_Static_assert(LINUX_PR_SET_NAME == PR_SET_NAME, "PR_SET_NAME");
_Static_assert(LINUX_PR_CAPBSET_READ == PR_CAPBSET_READ, "PR_CAPBSET_READ");
_Static_assert(LINUX_PR_CAPBSET_DROP == PR_CAPBSET_DROP, "PR_CAPBSET_DROP");
_Static_assert(LINUX_PR_SET_CHILD_SUBREAPER == PR_SET_CHILD_SUBREAPER, "PR_SET_CHILD_SUBREAPER");
_Static_assert(LINUX_PR_SET_NO_NEW_PRIVS == PR_SET_NO_NEW_PRIVS, "PR_SET_NO_NEW_PRIVS");
_Static_assert(LINUX_PR_GET_NO_NEW_PRIVS == PR_GET_NO_NEW_PRIVS, "PR_GET_NO_NEW_PRIVS");
_Static_assert(LINUX_PR_CAP_AMBIENT == PR_CAP_AMBIENT, "PR_CAP_AMBIENT");
_Static_assert(LINUX_PR_CAP_AMBIENT_RAISE == PR_CAP_AMBIENT_RAISE, "PR_CAP_AMBIENT_RAISE");
_Static_assert(LINUX_PR_CAP_AMBIENT_CLEAR_ALL == PR_CAP_AMBIENT_CLEAR_ALL, "PR_CAP_AMBIENT_CLEAR_ALL");

int linux_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
    return prctl(option, a, b, c, d);
}

int linux_set_parent_death_signal(int signal) {
    return prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0ul, 0ul, 0ul);
}

int linux_set_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1ul, 0ul, 0ul, 0ul); }

int linux_set_not_dumpable(void) { return prctl(PR_SET_DUMPABLE, 0ul, 0ul, 0ul, 0ul); }
