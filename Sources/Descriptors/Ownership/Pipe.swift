// SPDX-License-Identifier: Apache-2.0

/// The two ends of a pipe.
@frozen public struct Pipe: ~Copyable, Sendable {
    public var reader: OwnedDescriptor
    public var writer: OwnedDescriptor

    public init(reader: consuming OwnedDescriptor, writer: consuming OwnedDescriptor) {
        self.reader = reader
        self.writer = writer
    }
}
