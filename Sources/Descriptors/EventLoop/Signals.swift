// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SystemPackage

/// Signals of the whole process.
public enum Signals {
    /// Blocks signals in the calling thread and in those that it starts from now on (`pthread_sigmask(3)`).
    /// - Returns: the set of them.
    @discardableResult
    public static func block(_ signals: [CInt]) throws(Errno) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { try SystemCall.retrying { sigaddset(&set, signal) } }
        try SystemCall.check(pthread_sigmask(SIG_BLOCK, &set, nil))
        return set
    }
}
