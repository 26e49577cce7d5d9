// SPDX-License-Identifier: Apache-2.0

/// What a reader accepts beyond the grammar.
public struct JSONLimits: Equatable, Sendable {
    /// How many arrays and objects may be open at once. Reading uses the stack for each, so this bounds it.
    public var depth: Int

    public init(depth: Int = 128) {
        self.depth = depth
    }

    /// 128 levels.
    public static let `default` = JSONLimits()
}
