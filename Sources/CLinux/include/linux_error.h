// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The name of an errno, such as "EACCES"; null for a number that has none (strerrorname_np(3), glibc 2.32).
const char *linux_error_name(int number);
