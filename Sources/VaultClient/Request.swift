// SPDX-License-Identifier: Apache-2.0

/// One capability that is asked for.
public struct Request: Equatable, Sendable, ExpressibleByStringLiteral {
    /// Such as `logs/web/access`. Not a pattern.
    public var name: String
    /// The rights that are needed: `read`, `write`, `append`, or `use` where nothing can be narrowed. `nil`: as much as
    /// may be had.
    public var rights: [String]?

    public init(_ name: String, rights: [String]? = nil) {
        self.name = name
        self.rights = rights
    }

    public init(stringLiteral name: String) {
        self.init(name)
    }
}
