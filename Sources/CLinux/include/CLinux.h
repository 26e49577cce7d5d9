// SPDX-License-Identifier: Apache-2.0
//
// What Linux offers and the Glibc overlay of Swift does not show. One concern per file. Declarations that need
// _GNU_SOURCE are reached through functions whose .c file defines it: defined in a header it would change what the
// Glibc module itself declares. Numbers are written out here, and the .c files assert that they are the system's own.
//
// Every function that can fail returns -1 and sets errno, like the system call that it wraps. None retries.
#pragma once

#include "linux_capability.h"
#include "linux_credentials.h"
#include "linux_description.h"
#include "linux_epoll.h"
#include "linux_error.h"
#include "linux_eventfd.h"
#include "linux_file_ids.h"
#include "linux_inotify.h"
#include "linux_kcmp.h"
#include "linux_memfd.h"
#include "linux_memory.h"
#include "linux_message.h"
#include "linux_namespace.h"
#include "linux_open.h"
#include "linux_pidfd.h"
#include "linux_pipe.h"
#include "linux_prctl.h"
#include "linux_schedule.h"
#include "linux_signalfd.h"
#include "linux_socket.h"
#include "linux_spawn.h"
#include "linux_statfs.h"
#include "linux_statx.h"
#include "linux_thread.h"
#include "linux_timerfd.h"
