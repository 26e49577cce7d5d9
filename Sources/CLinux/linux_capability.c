// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_capability.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(LINUX_CAP_DAC_OVERRIDE == CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE");
_Static_assert(LINUX_CAP_KILL == CAP_KILL, "CAP_KILL");
_Static_assert(LINUX_CAP_SETGID == CAP_SETGID, "CAP_SETGID");
_Static_assert(LINUX_CAP_SETUID == CAP_SETUID, "CAP_SETUID");
_Static_assert(LINUX_CAP_NET_BIND_SERVICE == CAP_NET_BIND_SERVICE, "CAP_NET_BIND_SERVICE");
_Static_assert(LINUX_CAP_SYS_PTRACE == CAP_SYS_PTRACE, "CAP_SYS_PTRACE");

int linux_get_capabilities(struct linux_capabilities *capabilities) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    int result = (int)syscall(SYS_capget, &header, data);
    if (result == 0) {
        capabilities->effective = (uint64_t)data[1].effective << 32 | data[0].effective;
        capabilities->permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
        capabilities->inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable;
    }
    return result;
}

int linux_set_capabilities(const struct linux_capabilities *capabilities) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
        {
            .effective = (uint32_t)capabilities->effective,
            .permitted = (uint32_t)capabilities->permitted,
            .inheritable = (uint32_t)capabilities->inheritable,
        },
        {
            .effective = (uint32_t)(capabilities->effective >> 32),
            .permitted = (uint32_t)(capabilities->permitted >> 32),
            .inheritable = (uint32_t)(capabilities->inheritable >> 32),
        },
    };
    return (int)syscall(SYS_capset, &header, data);
}
