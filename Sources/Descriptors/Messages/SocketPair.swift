// SPDX-License-Identifier: Apache-2.0

/// Two connected sockets; take them apart with ``consume()``, or use them where they are.
@frozen public struct SocketPair: ~Copyable, Sendable {
    public var first: OwnedDescriptor
    public var second: OwnedDescriptor

    public init(_ first: consuming OwnedDescriptor, _ second: consuming OwnedDescriptor) {
        self.first = first
        self.second = second
    }
}
