// SPDX-License-Identifier: Apache-2.0

/// An owned descriptor in a box that can be shared, captured and kept in a dictionary; closed when the last reference
/// goes.
public final class HeldDescriptor: Sendable {
    private let descriptor: OwnedDescriptor

    public init(_ descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }

    /// The number, borrowed: valid while somebody refers to this object.
    public var raw: CInt { descriptor.raw }
}
