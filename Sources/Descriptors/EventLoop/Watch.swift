// SPDX-License-Identifier: Apache-2.0

/// One entry of the loop's table.
struct Watch {
    /// Open for as long as it is watched.
    let descriptor: HeldDescriptor
    var interest: Interest
    let handler: @Sendable (Readiness) -> Void
}
