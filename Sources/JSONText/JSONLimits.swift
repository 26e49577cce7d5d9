// SPDX-License-Identifier: Apache-2.0

/// What a reader accepts beyond the grammar.
public struct JSONLimits: Equatable, Sendable {
    /// How many arrays and objects may be open at once. Reading uses the stack for each, so this bounds it.
    public var depth: Int
    /// Whether ``JSONReader/skipOrRefuse(_:)`` skips, and ``JSONReader/passOrRefuse(word:)`` lets words pass. A server refuses what it does not know, since it cannot do it; a
    /// client skips it, since a newer server may say more.
    public var skipsUnknownMembers: Bool
    /// Whether ``JSONReader/skipValue()`` refuses a number that cannot be held. Without, it looks at the number's form
    /// alone: whoever reads the value later refuses the number, and knows its name.
    public var checksSkippedNumbers: Bool

    public init(depth: Int = 128, skipsUnknownMembers: Bool = false, checksSkippedNumbers: Bool = true) {
        self.depth = depth
        self.skipsUnknownMembers = skipsUnknownMembers
        self.checksSkippedNumbers = checksSkippedNumbers
    }

    /// 128 levels, and unknown members are refused.
    public static let `default` = JSONLimits()
}
