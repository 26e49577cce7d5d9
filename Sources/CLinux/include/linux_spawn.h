// SPDX-License-Identifier: Apache-2.0
//
// What posix_spawn(3) of Glibc can do beyond POSIX.
#pragma once

#include <spawn.h>

#define LINUX_POSIX_SPAWN_SETSID 0x80

/// Closes every descriptor from `first` on (Glibc 2.34).
int linux_spawn_add_close_from(posix_spawn_file_actions_t *actions, int first);

/// Changes the directory (Glibc 2.29).
int linux_spawn_add_change_directory(posix_spawn_file_actions_t *actions, const char *path);

/// environ(7): a null-terminated vector, or null. Nobody may change the environment meanwhile.
char *const *linux_environment(void);
