// SPDX-License-Identifier: Apache-2.0

public import JSONText

/// Why what came in is no message. The connection is of no further use: answer, if at all, and drop it.
public enum MessageError: Error, Equatable, Sendable {
    /// A message has more bytes than `limit`, or will have.
    case tooLarge(limit: Int)
    /// More descriptors came with one message than `limit`.
    case tooManyDescriptors(limit: Int)
    /// Descriptors were lost on the way (`MSG_CTRUNC`), so it cannot be known what the message means.
    case descriptorsLost
    /// A reply came that no call waits for, or one said that others follow although only one was asked for.
    case unexpectedReply
    /// The message is not the JSON that a call or a reply has to be.
    case malformed(JSONError)
}

extension MessageError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooLarge(let limit): "a message has more than \(limit) bytes"
        case .tooManyDescriptors(let limit): "a message has more than \(limit) descriptors"
        case .descriptorsLost: "descriptors of a message were lost"
        case .unexpectedReply: "a reply came that was not asked for"
        case .malformed(let error): "a message is malformed: \(error)"
        }
    }
}
