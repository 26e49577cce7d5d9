// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// A refusal on its way to the caller: expected, recorded where it has to be, and sent.
package enum Refusal: Error, Equatable, Sendable {
    /// - Parameter record: the index of the denial's record; nil where none was written.
    case denied(name: String, record: UInt64?, message: String = Refusal.denialText, retryAfterUSec: Int? = nil)
    case notFound(name: String)
    case nameTaken(name: String)
    case invalidDescriptor(name: String, message: String)
    /// What is asked to be taken is no deposit.
    case notTakeable(name: String)
    case notHeld(lease: String)
    case openFailed(name: String, errno: Errno, record: UInt64?)
    case quotaExceeded(limit: String, retryAfterUSec: Int? = nil)
    case auditUnavailable(message: String)
    case busy

    /// The answer to whoever may not see a name is the same whether or not there is such a thing.
    package static let denialText = "not permitted"
}

/// Why a capability could not be opened: the operating system's own error, and what it means here where that is not
/// evident (`EXDEV` from `RESOLVE_BENEATH`, a helper that died).
package struct OpenProblem: Error, Equatable, Sendable {
    package var errno: Errno
    /// The constant's name, such as `ENOENT`.
    package var errnoName: String
    package var explanation: String?
    /// What the opener added to the errno, in its own numbering; 0 where it was not the opener that said it. Its words have
    /// the errno in them.
    package var openerReason: UInt32
    /// It was not tried, since the caller has used up its share of what is limited under this name.
    package var limit: String?

    package init(_ errno: Errno, name: String, _ explanation: String? = nil, openerReason: UInt32 = 0) {
        self.errno = errno
        errnoName = name
        self.explanation = explanation
        self.openerReason = openerReason
    }

    /// The caller has as many as it may.
    static func usedUp(_ limit: String) -> OpenProblem {
        var problem = OpenProblem(.diskQuotaExceeded, name: "EDQUOT", "the limit '\(limit)' is reached")
        problem.limit = limit
        return problem
    }

    /// One line for `vault status`, `vault show` and the log.
    package var text: String {
        guard let explanation else { return errno.description }
        return openerReason != 0 ? explanation : "\(errno.description): \(explanation)"
    }
}
