// SPDX-License-Identifier: Apache-2.0

public import BasicContainers
public import Descriptors
import Glibc
public import JSONText

/// Cuts what comes in on a stream into messages, and gives each the descriptors and the sender that belong to it.
///
/// A read can bring the end of one message, whole messages, and the beginning of another, and descriptors beside them.
/// A sender puts descriptors on the first byte of their message, and the kernel ends a read behind the bytes that they
/// came with. So **the descriptors belong to the message whose bytes end that read**. That is also how sd-varlink sends
/// and receives.
///
///     let received = try MessageSocket.receive(into: buffer, room: .mostDescriptors, on: socket)
///     try reader.append(buffer, received)
///     while let message = try reader.next() { … }
///
/// No message is looked at before it is asked for, so a caller can leave messages here while it is busy; it then
/// stops reading. After an error the connection is to be dropped.
public struct MessageReader: ~Copyable, Sendable {
    /// Descriptors that have come in and are not handed out: `count` of them, for the message with the byte at `offset`.
    private struct Arrival {
        var offset: Int
        var count: Int
        /// Others were lost behind these.
        var isIncomplete: Bool
    }

    /// The bytes up to `end`, from the end of the run before, came from one sender.
    private struct Run {
        var end: Int
        var sender: MessageSender
    }

    /// The longest message in bytes, without its NUL.
    public var longestMessage: Int
    /// The most descriptors of one message. 0 for a receiver that makes no room for any: what is pushed at it, the
    /// kernel closes.
    public var mostDescriptors: Int
    /// How messages are told apart.
    package let framing: MessageFraming
    /// Whether a message whose descriptors did not all come is handed out all the same, and says so
    /// (``VarlinkMessage/lacksDescriptors``): what it says is whole.
    public var takesIncomplete: Bool

    /// What is not handed out yet, from `start` on.
    private var bytes: [UInt8] = []
    private var start = 0
    /// There is no NUL between `start` and here.
    private var searched = 0
    private var descriptors = UniqueArray<OwnedDescriptor>()
    private var arrivals: [Arrival] = []
    /// The index of the first that is not handed out.
    private var firstArrival = 0
    private var runs: [Run] = []
    /// The index of the first that is not handed out. Nothing is removed one by one: a sender decides how many there are.
    private var firstRun = 0

    public init(
        longestMessage: Int = 1 << 20, mostDescriptors: Int = MessageSocket.mostDescriptors,
        takesIncomplete: Bool = false
    ) {
        self.init(
            longestMessage: longestMessage, mostDescriptors: mostDescriptors, takesIncomplete: takesIncomplete,
            framing: .nul)
    }

    package init(longestMessage: Int, mostDescriptors: Int, takesIncomplete: Bool = false, framing: MessageFraming) {
        self.longestMessage = longestMessage
        self.mostDescriptors = mostDescriptors
        self.takesIncomplete = takesIncomplete
        self.framing = framing
    }

    /// The bytes that have come in and are not handed out yet.
    public var byteCount: Int { bytes.count - start }

    /// The descriptors that have come in and are not handed out yet.
    public var descriptorCount: Int { descriptors.count }

    /// Whether there is the beginning of a message whose end has not come, once ``next()`` has answered `nil`.
    public var hasPartialMessage: Bool { byteCount > 0 }

    /// Takes in what one receive brought: `buffer` is where it was received into.
    ///
    /// - Throws: ``MessageError/descriptorsLost`` where there was room for descriptors, unless it ``takesIncomplete``.
    public mutating func append(
        _ buffer: UnsafeMutableRawBufferPointer, _ received: consuming ReceivedMessage
    ) throws(MessageError) {
        let isIncomplete = received.isControlTruncated && mostDescriptors > 0
        if isIncomplete && !takesIncomplete { throw .descriptorsLost }
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<received.byteCount]))
        let sender = MessageSender(received.credentials)
        var new = UniqueArray<OwnedDescriptor>()
        if !received.descriptors.isEmpty {
            var received = received
            swap(&new, &received.descriptors)
        } else if isIncomplete {
            // The kernel delivers them in order, and none behind the first that it cannot.
            var received = received
            swap(&new, &received.discarded)
        }
        note(new, sender, isIncomplete: isIncomplete)
    }

    /// Takes in bytes that came in one read, and the descriptors and the sender that came with them.
    public mutating func append(
        _ read: Span<UInt8>, descriptors new: consuming UniqueArray<OwnedDescriptor> = UniqueArray(),
        sender: MessageSender = .unattached
    ) {
        read.withUnsafeBytes { bytes.append(contentsOf: $0) }
        note(new, sender)
    }

    /// Notes what came with the bytes that have just been appended.
    private mutating func note(
        _ new: consuming UniqueArray<OwnedDescriptor>, _ sender: MessageSender, isIncomplete: Bool = false
    ) {
        let end = bytes.count
        // Descriptors without a byte have no message. They are closed here.
        guard end > (runs.last?.end ?? 0) else { return }
        if runs.last?.sender == sender {
            runs[runs.count - 1].end = end
        } else {
            runs.append(Run(end: end, sender: sender))
        }
        guard !new.isEmpty || isIncomplete else { return }
        arrivals.append(Arrival(offset: end - 1, count: new.count, isIncomplete: isIncomplete))
        new.edit { descriptors.append(moving: &$0) }
    }

    /// The next whole message; `nil` when more has to be received first.
    ///
    /// - Throws: ``MessageError/tooLarge(limit:)`` as soon as it is certain, ``MessageError/tooManyDescriptors(limit:)``.
    public mutating func next() throws(MessageError) -> VarlinkMessage? {
        if case .counted(let headerSize) = framing { return try nextCounted(headerSize) }
        guard let end = indexOfNUL() else {
            searched = bytes.count
            joinRuns()
            guard byteCount <= longestMessage else { throw .tooLarge(limit: longestMessage) }
            // Whatever is left belongs to the message that has begun.
            guard descriptors.count <= mostDescriptors else { throw .tooManyDescriptors(limit: mostDescriptors) }
            return nil
        }
        guard end - start <= longestMessage else { throw .tooLarge(limit: longestMessage) }
        let sender = takeSender(upTo: end)
        var isIncomplete = false
        let descriptors = try takeDescriptors(upTo: end, &isIncomplete)
        return VarlinkMessage(
            bytes: takeBytes(upTo: end), descriptors: descriptors, lacksDescriptors: isIncomplete, sender: sender)
    }

    /// The next message that says itself how long it is, with its header.
    private mutating func nextCounted(_ headerSize: Int) throws(MessageError) -> VarlinkMessage? {
        searched = bytes.count
        let length = byteCount < 4 ? nil : bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
        // It is told before the rest of it has come.
        if let length, length > longestMessage { throw .tooLarge(limit: longestMessage) }
        guard let length, byteCount >= headerSize + length else {
            joinRuns()
            guard descriptors.count <= mostDescriptors else { throw .tooManyDescriptors(limit: mostDescriptors) }
            return nil
        }
        let end = start + headerSize + length - 1
        let sender = takeSender(upTo: end)
        var isIncomplete = false
        let descriptors = try takeDescriptors(upTo: end, &isIncomplete)
        let message = [UInt8](bytes[start...end])
        if end == bytes.count - 1 {
            bytes.removeAll()
            start = 0
            runs.removeAll(keepingCapacity: true)
            firstRun = 0
        } else {
            start = end + 1
            if start > 65536, start > byteCount { forgetHandedOut() }
        }
        return VarlinkMessage(
            bytes: message, descriptors: descriptors, lacksDescriptors: isIncomplete, sender: sender)
    }

    private func indexOfNUL() -> Int? {
        bytes.withUnsafeBytes { bytes in
            guard searched < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + searched, 0, bytes.count - searched)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    private mutating func takeSender(upTo end: Int) -> MessageSender {
        while runs[firstRun].end <= start { firstRun += 1 }
        var sender = runs[firstRun].sender
        while runs[firstRun].end <= end {
            firstRun += 1
            sender = sender.joined(with: runs[firstRun].sender)
        }
        return sender
    }

    /// Makes one run of what has come in, which is all of one message: processes that take turns at its bytes cost no
    /// memory for each turn.
    private mutating func joinRuns() {
        while firstRun < runs.count, runs[firstRun].end <= start { firstRun += 1 }
        guard runs.count - firstRun > 1 else { return }
        let sender = runs[firstRun...].dropFirst().reduce(runs[firstRun].sender) { $0.joined(with: $1.sender) }
        runs.removeAll(keepingCapacity: true)
        firstRun = 0
        runs.append(Run(end: bytes.count, sender: sender))
    }

    private mutating func takeDescriptors(
        upTo end: Int, _ isIncomplete: inout Bool
    ) throws(MessageError) -> UniqueArray<OwnedDescriptor> {
        var count = 0
        while firstArrival < arrivals.count, arrivals[firstArrival].offset <= end {
            count += arrivals[firstArrival].count
            if arrivals[firstArrival].isIncomplete { isIncomplete = true }
            firstArrival += 1
        }
        if firstArrival == arrivals.count {
            arrivals.removeAll(keepingCapacity: true)
            firstArrival = 0
        }
        var taken = UniqueArray<OwnedDescriptor>()
        guard count > 0 else { return taken }
        guard count <= mostDescriptors else { throw .tooManyDescriptors(limit: mostDescriptors) }
        if count == descriptors.count {
            swap(&taken, &descriptors)
        } else {
            taken.reserveCapacity(count)
            for _ in 0..<count { taken.append(descriptors.remove(at: 0)) }
        }
        return taken
    }

    /// Takes the bytes from `start` up to the NUL at `end`, which goes too.
    private mutating func takeBytes(upTo end: Int) -> [UInt8] {
        guard end == bytes.count - 1 else {
            let message = [UInt8](bytes[start..<end])
            start = end + 1
            searched = start
            if start > 65536, start > byteCount { forgetHandedOut() }
            return message
        }
        // The last one: mostly the only one, and then it takes the storage along.
        var message: [UInt8] = []
        swap(&message, &bytes)
        message.removeLast()
        message.removeFirst(start)
        start = 0
        searched = 0
        runs.removeAll(keepingCapacity: true)
        firstRun = 0
        return message
    }

    /// Drops what lies before `start`, when it is more than what is left, so that many messages in one read do not cost
    /// their square.
    private mutating func forgetHandedOut() {
        bytes.removeFirst(start)
        runs.removeFirst(firstRun)
        firstRun = 0
        arrivals.removeFirst(firstArrival)
        firstArrival = 0
        for index in runs.indices { runs[index].end -= start }
        for index in arrivals.indices { arrivals[index].offset -= start }
        searched -= start
        start = 0
    }
}

/// How the messages of a stream are told apart.
package enum MessageFraming: Equatable, Sendable {
    /// Each ends with a NUL, as Varlink has it.
    case nul
    /// Each begins with so many bytes, of which the first four say how long it is without them, the highest first.
    case counted(headerSize: Int)
    /// None is expected, and nothing is to be received.
    case none
}

/// One whole message as it came in: a JSON text, and what came with it.
public struct VarlinkMessage: ~Copyable, Sendable {
    /// The text, without the NUL that ended it. Not looked at yet.
    public let bytes: [UInt8]
    /// Owned; closed with the message unless somebody takes them out.
    public var descriptors: UniqueArray<OwnedDescriptor>
    /// More descriptors were sent, and lost behind these on the way: see ``MessageReader/takesIncomplete``.
    public let lacksDescriptors: Bool
    /// Who sent it.
    public let sender: MessageSender

    public init(
        bytes: [UInt8], descriptors: consuming UniqueArray<OwnedDescriptor> = UniqueArray(),
        lacksDescriptors: Bool = false, sender: MessageSender = .unattached
    ) {
        self.bytes = bytes
        self.descriptors = descriptors
        self.lacksDescriptors = lacksDescriptors
        self.sender = sender
    }
}

/// Why what came in is no message. The connection is of no further use: answer, if at all, and drop it.
public enum MessageError: Error, Equatable, Sendable, CustomStringConvertible {
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

/// Which process sent the bytes of a message, as far as the kernel said so (`SCM_CREDENTIALS`).
///
/// The kernel never joins bytes of two processes in one read, so what one read brings has one sender; a message that
/// took several reads can have several. Like the credentials themselves this can only narrow what `SO_PEERCRED` says.
public enum MessageSender: Equatable, Sendable {
    /// No credentials came with any byte: the socket has no `SO_PASSCRED`, or had none when the bytes were sent.
    case unattached
    /// Every byte came from this process, by its pid here; 0 for one that is not in our pid namespace.
    case process(Int32)
    /// The bytes came from different processes, or some with credentials and some without.
    case several

    init(_ credentials: ProcessCredentials?) {
        guard let credentials, !credentials.isUnattached else {
            self = .unattached
            return
        }
        self = .process(credentials.pid)
    }

    func joined(with other: MessageSender) -> MessageSender {
        self == other ? self : .several
    }
}
