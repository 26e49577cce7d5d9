// SPDX-License-Identifier: Apache-2.0
//
// What fcntl(2) and flock(2) change of an open file description, for everybody who has it.
#pragma once

/// The status flags that F_SETFL can change.
extern const int linux_changeable_status_flags;

/// F_SETOWN and F_SETSIG: nobody is signalled for this description any more.
int linux_clear_signals(int descriptor);

/// F_SETLEASE with F_UNLCK.
int linux_release_lease(int descriptor);

/// Releases what flock(2) and F_OFD_SETLK have locked by this description. Can hang on a network file system.
int linux_release_locks(int descriptor);
