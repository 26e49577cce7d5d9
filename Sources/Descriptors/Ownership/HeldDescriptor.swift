// SPDX-License-Identifier: Apache-2.0

/// An owned descriptor in a box that can be shared, captured and kept in a dictionary; closed when the last reference
/// goes.
public final class HeldDescriptor: Descriptor {
    private let descriptor: OwnedDescriptor

    public init(_ descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }

    public var lentNumber: LentNumber { descriptor.lentNumber }
}
