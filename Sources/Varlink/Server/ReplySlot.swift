// SPDX-License-Identifier: Apache-2.0

/// The place of a call's reply among the replies of its connection.
///
/// It is answered once, or several times and then finished: see ``VarlinkServerConnection``.
public struct ReplySlot: Hashable, Sendable {
    /// Counts the calls of the connection that are answered; `nil` for a oneway call, whose replies go nowhere.
    let number: UInt64?

    static let nowhere = ReplySlot(number: nil)

    /// Whether anybody reads what is answered here.
    public var isAnswered: Bool { number != nil }
}
