// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// Why a request to the opener did not succeed: the operating system's own error, and what it means here.
package struct OpenerFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package var errno: Errno
    package var reason: OpenerReason
    /// A number that belongs to the reason (a signal), else 0.
    package var detail: UInt32

    package init(_ errno: Errno, _ reason: OpenerReason = .none, detail: UInt32 = 0) {
        self.errno = errno
        self.reason = reason
        self.detail = detail
    }

    package var description: String {
        guard let explanation = reason.explanation else { return "\(errno)" }
        if reason == .helperKilled { return "\(explanation) (\(detail))" }
        return reason.saysAll ? explanation : "\(errno): \(explanation)"
    }
}
