// SPDX-License-Identifier: Apache-2.0
//
// ioctl(2) requests that cut off the holders of a descriptor, and those that ask a namespace about itself.
#pragma once

/// TIOCVHANGUP: what was open on the terminal reads end of file from now on. Needs CAP_SYS_ADMIN.
int linux_hang_up_terminal(int descriptor);

/// EVIOCREVOKE: this open file description of an evdev device delivers nothing more.
int linux_revoke_evdev(int descriptor);

/// HIDIOCREVOKE (Linux 6.12): the same for hidraw.
int linux_revoke_hidraw(int descriptor);

/// NS_GET_NSTYPE: which CLONE_NEW… a namespace descriptor is.
int linux_namespace_type(int descriptor);
