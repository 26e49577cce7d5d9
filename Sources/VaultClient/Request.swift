// SPDX-License-Identifier: Apache-2.0

public import VaultModel

/// What a descriptor may be used for.
public typealias Rights = VaultModel.Rights

/// One capability that is asked for.
public struct Request: Equatable, Sendable, ExpressibleByStringLiteral {
    /// Such as `logs/web/access`. Not a pattern.
    public var name: String
    /// The rights that are needed. `nil`: as much as may be had.
    public var rights: Rights?

    /// It is a deposit, which the caller wants for itself: to be confirmed by its lease.
    var takes = false

    public init(_ name: String, rights: Rights? = nil) {
        self.name = name
        self.rights = rights
    }

    public init(stringLiteral name: String) {
        self.init(name)
    }
}
