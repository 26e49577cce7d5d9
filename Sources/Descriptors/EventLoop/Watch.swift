// SPDX-License-Identifier: Apache-2.0

/// One entry of the loop's table.
struct Watch {
    /// Borrowed, and the owner unwatches before closing; unless ``owned`` holds it.
    let descriptor: CInt
    var interest: Interest
    let handler: @Sendable (Readiness) -> Void
    /// A descriptor that the loop made for this watch and closes with it.
    let owned: HeldDescriptor?
}
