// SPDX-License-Identifier: Apache-2.0

public import BasicContainers
public import Descriptors

/// One whole message as it came in: a JSON text, and what came with it.
public struct VarlinkMessage: ~Copyable, Sendable {
    /// The text, without the NUL that ended it. Not looked at yet.
    public let bytes: [UInt8]
    /// Owned; closed with the message unless somebody takes them out.
    public var descriptors: UniqueArray<OwnedDescriptor>
    /// Who sent it.
    public let sender: MessageSender

    public init(
        bytes: [UInt8], descriptors: consuming UniqueArray<OwnedDescriptor> = UniqueArray(),
        sender: MessageSender = .unattached
    ) {
        self.bytes = bytes
        self.descriptors = descriptors
        self.sender = sender
    }
}
