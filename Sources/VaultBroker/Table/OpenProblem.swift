// SPDX-License-Identifier: Apache-2.0

import OpenerWire
import SystemPackage

/// Why a capability could not be opened: the operating system's own error, and what it means here where that is not
/// evident (`EXDEV` from `RESOLVE_BENEATH`, a helper that died).
struct OpenProblem: Error, Equatable, Sendable {
    var errno: Errno
    var explanation: String?
    /// What the opener added to the errno, where it was the opener that said it.
    var reason = OpenerReason.none

    init(_ errno: Errno, _ explanation: String? = nil) {
        self.errno = errno
        self.explanation = explanation
    }

    /// What the opener said.
    init(_ failure: OpenerFailure) {
        errno = failure.errno
        explanation = failure.reason == .none ? nil : failure.description
        reason = failure.reason
    }

    /// One line for `vault status`, `vault show` and the log.
    var text: String {
        guard let explanation else { return errno.description }
        // The opener's words have the errno in them, where it says anything.
        return reason == .none ? "\(errno.description): \(explanation)" : explanation
    }
}
