// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SystemPackage

/// The limits of getrlimit(2) that a holder of many descriptors lives by.
public enum ResourceLimits {
    /// `RLIMIT_NOFILE`: the numbers of this process's descriptors are below it.
    public struct OpenFiles: Equatable, Sendable {
        public let soft: UInt64
        public let hard: UInt64
    }

    public static func openFiles() throws(Errno) -> OpenFiles {
        var limit = rlimit()
        try SystemCall.retrying { getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) }
        return OpenFiles(soft: UInt64(limit.rlim_cur), hard: UInt64(limit.rlim_max))
    }

    /// Raises the soft limit to the hard one.
    ///
    /// For programs that do not use select(2), which cannot take a number of 1024 or more. Children inherit it.
    @discardableResult
    public static func raiseOpenFiles() throws(Errno) -> OpenFiles {
        let limits = try openFiles()
        var wanted = rlimit(rlim_cur: rlim_t(limits.hard), rlim_max: rlim_t(limits.hard))
        try SystemCall.retrying { setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &wanted) }
        return try openFiles()
    }
}
