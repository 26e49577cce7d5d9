// SPDX-License-Identifier: Apache-2.0

/// One entry of the loop's table.
struct Watch {
    /// Borrowed: the owner unwatches before closing.
    let descriptor: CInt
    var interest: Interest
    let handler: @Sendable (Readiness) -> Void
}
