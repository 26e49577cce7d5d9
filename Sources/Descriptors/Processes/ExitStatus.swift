// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How a process ended.
public enum ExitStatus: Equatable, Hashable, Sendable {
    /// The status that it gave to exit(3), 0 to 255.
    case exited(CInt)
    case killed(signal: CInt, dumpedCore: Bool)

    public var isSuccess: Bool { self == .exited(0) }

    /// From the fields that waitid(2) and signalfd(2) share.
    public init?(code: CInt, status: CInt) {
        switch code {
        case CInt(CLD_EXITED): self = .exited(status)
        case CInt(CLD_KILLED): self = .killed(signal: status, dumpedCore: false)
        case CInt(CLD_DUMPED): self = .killed(signal: status, dumpedCore: true)
        default: return nil
        }
    }
}
