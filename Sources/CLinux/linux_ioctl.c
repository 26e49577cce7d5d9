// SPDX-License-Identifier: Apache-2.0
#include "linux_ioctl.h"

#include <linux/input.h>
#include <linux/nsfs.h>
#include <stddef.h>
#include <sys/ioctl.h>

// <linux/hidraw.h> has this since 6.12.
#define REQUEST_HIDRAW_REVOKE _IOW('H', 0x0D, int)

int linux_hang_up_terminal(int descriptor) { return ioctl(descriptor, TIOCVHANGUP); }

int linux_revoke_evdev(int descriptor) { return ioctl(descriptor, EVIOCREVOKE, NULL); }

int linux_revoke_hidraw(int descriptor) { return ioctl(descriptor, REQUEST_HIDRAW_REVOKE, NULL); }

int linux_namespace_type(int descriptor) { return ioctl(descriptor, NS_GET_NSTYPE); }
