// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "linux_spawn.h"

#include <unistd.h>

_Static_assert(LINUX_POSIX_SPAWN_SETSID == POSIX_SPAWN_SETSID, "POSIX_SPAWN_SETSID");

int linux_spawn_add_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int linux_spawn_add_change_directory(posix_spawn_file_actions_t *actions, const char *path) {
    return posix_spawn_file_actions_addchdir_np(actions, path);
}

char *const *linux_environment(void) { return environ; }
