// SPDX-License-Identifier: Apache-2.0

public import Descriptors
public import JSONText
public import SystemPackage

/// A connection to a service that waits for each reply.
///
///     let connection = try VarlinkClientConnection(path: "/run/example.sock", timeLimit: .seconds(5))
///     let reply = try connection.call("org.varlink.service.GetInfo", JSONObject())
///     let info = try reply.parameters(as: JSONObject.self)
///
/// After an error other than ``VarlinkClientError/refused(_:)`` it is of no further use: a later reply could be taken
/// for that of another call.
///
/// Not Sendable, and it blocks its thread: never call it on a thread of the cooperative pool.
public final class VarlinkClientConnection {
    /// How long each call may take, from its first byte to the last of its reply; of a call with several replies, to
    /// the next one. `nil`: as long as it takes.
    public var timeLimit: Duration?

    /// Shutting it down (`shutdown(2)`) ends a call that waits on another thread.
    package let socket: HeldDescriptor
    /// What is received of descriptors. Less than all is for tests.
    package var room = ControlRoom.mostDescriptors
    private var reader: MessageReader
    private let buffer: UnsafeMutableRawBufferPointer
    /// What made the connection useless.
    private var failure: VarlinkClientError?
    /// The service had hung up before anything of the last call was sent.
    package private(set) var wasTooLate = false
    /// Whether replies to a call are still to come.
    private var isReplyDue = false
    /// Calls that are written with the next one.
    private var held: [UInt8] = []

    /// Takes over a connected stream socket, blocking or not.
    ///
    /// - Parameter longestReply: in bytes.
    public init(socket: consuming OwnedDescriptor, timeLimit: Duration? = nil, longestReply: Int = 16 << 20) {
        self.socket = HeldDescriptor(socket)
        self.timeLimit = timeLimit
        reader = MessageReader(longestMessage: longestReply, takesIncomplete: true)
        buffer = .allocate(byteCount: 64 << 10, alignment: 16)
    }

    deinit {
        sendHeld()
        buffer.deallocate()
    }

    /// Connects to the socket at a path; a leading `@` stands for the abstract namespace.
    ///
    /// - Throws: ``VarlinkClientError/unreachable(path:_:)``; with `EAGAIN` the listener's backlog stayed full until the
    ///   time limit.
    public convenience init(path: String, timeLimit: Duration? = nil) throws(VarlinkClientError) {
        do {
            self.init(socket: try Self.connect(path, timeLimit), timeLimit: timeLimit)
        } catch {
            throw .unreachable(path: path, error)
        }
    }

    private static func connect(_ path: String, _ timeLimit: Duration?) throws(Errno) -> OwnedDescriptor {
        let socket = try UnixSocket.make(.stream)
        // `connect(2)` waits so long for room in a listener's backlog. Zero would mean no limit.
        if let timeLimit { try SocketOption.setSendTimeout(max(timeLimit, .microseconds(1)), on: socket) }
        try UnixSocket.connect(socket, to: UnixAddress(notation: path))
        return socket
    }

    /// Whether another call can be made: no error but a refusal has come, and no reply is left to be received.
    public var isUsable: Bool { failure == nil && !isReplyDue }

    // MARK: - Calls

    /// Calls a method and waits for its reply.
    ///
    /// - Parameters:
    ///   - descriptors: passed with the call.
    ///   - takingIncomplete: a reply whose descriptors did not all come is returned, and says so
    ///     (``VarlinkReply/lacksDescriptors``).
    /// - Throws: ``VarlinkClientError/refused(_:)`` when the reply is an error; ``MessageError/descriptorsLost`` as
    ///   ``VarlinkClientError/malformed(_:)``.
    public func call(
        _ method: String, _ parameters: some JSONWritable, passing descriptors: [HeldDescriptor] = [],
        takingIncomplete: Bool = false
    ) throws(VarlinkClientError) -> VarlinkReply {
        try send(MessageText.call(method, parameters), passing: descriptors)
        let reply = try receiveReply(takingIncomplete: takingIncomplete)
        guard !reply.continues else { throw fail(.malformed(.unexpectedReply)) }
        return reply
    }

    /// Calls a method that has several replies, and hands over each as it comes.
    ///
    /// - Parameter each: says whether to go on. If it does not while replies are to come, or throws, the connection is of
    ///   no further use.
    public func callMore(
        _ method: String, _ parameters: some JSONWritable,
        each: (consuming VarlinkReply) throws(VarlinkClientError) -> Bool
    ) throws(VarlinkClientError) {
        try send(MessageText.call(method, parameters, options: .more), passing: [])
        while true {
            let reply = try receiveReply()
            let continues = reply.continues
            do {
                guard try each(reply), continues else { break }
            } catch {
                if continues { _ = fail(.failed(.canceled)) }
                throw error
            }
        }
        if isReplyDue { _ = fail(.failed(.canceled)) }
    }

    /// The same, and each reply is read as what the method declares, in one go.
    ///
    /// - Throws: ``VarlinkClientError/malformed(_:)`` for one that it does not declare.
    public func callMore<Parameters: JSONReadable>(
        _ method: String, _ parameters: some JSONWritable, as type: Parameters.Type,
        each: (Parameters) throws(VarlinkClientError) -> Bool
    ) throws(VarlinkClientError) {
        var read: Parameters?
        try send(MessageText.call(method, parameters, options: .more), passing: [])
        while true {
            let reply = try receiveReply { message throws(MessageError) in try VarlinkReply(message, reading: &read) }
            let continues = reply.continues
            do {
                let parameters: Parameters
                if let read { parameters = read } else { parameters = try declared(reply) }
                read = nil
                guard try each(parameters), continues else { break }
            } catch {
                if continues { _ = fail(.failed(.canceled)) }
                throw error
            }
        }
        if isReplyDue { _ = fail(.failed(.canceled)) }
    }

    private func declared<Parameters: JSONReadable>(
        _ reply: borrowing VarlinkReply
    ) throws(VarlinkClientError) -> Parameters {
        do {
            return try reply.parameters(as: Parameters.self)
        } catch {
            throw .malformed(error)
        }
    }

    /// Calls a method and waits for no reply.
    public func callOneway(_ method: String, _ parameters: some JSONWritable) throws(VarlinkClientError) {
        try send(MessageText.call(method, parameters, options: .oneway), passing: [])
        isReplyDue = false
    }

    /// The same, in one write with the next call, or with ``sendHeld()``, which this object calls when it goes.
    public func holdOneway(_ method: String, _ parameters: some JSONWritable) {
        held += MessageText.call(method, parameters, options: .oneway)
    }

    /// Sends what is held for the next call. It waits for nothing: what the socket does not take, and that the service is not
    /// there any more, is left to the next call.
    public func sendHeld() {
        guard failure == nil, !held.isEmpty,
            let sent = try? MessageSocket.send(held.span, on: socket, flags: .dontWait)
        else { return }
        held.removeFirst(sent)
    }

    // MARK: - Messages

    /// Sends a whole message of ``MessageText``, and what is held before it.
    private func send(_ message: [UInt8], passing descriptors: [HeldDescriptor]) throws(VarlinkClientError) {
        if let failure { throw failure }
        // It would be taken for the reply to this call.
        guard !isReplyDue, reader.byteCount == 0 else { throw fail(.malformed(.unexpectedReply)) }
        isReplyDue = true
        let deadline = self.deadline
        guard !held.isEmpty else { return try send(message, passing: descriptors, until: deadline) }
        var first: [UInt8] = []
        swap(&first, &held)
        // Descriptors come with the first byte of what is sent with them: that is to be their message's.
        guard descriptors.isEmpty else {
            try send(first, passing: [], until: deadline)
            return try send(message, passing: descriptors, until: deadline)
        }
        try send(first + message, passing: [], until: deadline)
    }

    private func send(
        _ message: [UInt8], passing descriptors: [HeldDescriptor], until deadline: BootTime?
    ) throws(VarlinkClientError) {
        var sent = 0
        while sent < message.count {
            do throws(Errno) {
                sent += try MessageSocket.send(
                    message.span.extracting(sent...), passing: sent == 0 ? descriptors : [], on: socket,
                    flags: .dontWait)
            } catch .wouldBlock {
                try wait(for: .writable, until: deadline)
            } catch .brokenPipe {
                wasTooLate = sent == 0
                // The service may have said why before it hung up.
                _ = try receiveReply()
                throw fail(.disconnected)
            } catch {
                throw fail(.failed(error))
            }
        }
    }

    private func receiveReply(
        takingIncomplete: Bool = false,
        _ read: (consuming VarlinkMessage) throws(MessageError) -> VarlinkReply = VarlinkReply.init
    ) throws(VarlinkClientError) -> VarlinkReply {
        let deadline = self.deadline
        var message = try nextMessage()
        while message == nil {
            try receive(until: deadline)
            message = try nextMessage()
        }
        let reply: VarlinkReply
        do throws(MessageError) {
            // The loop ends with a message.
            let message = message.take()!
            if message.lacksDescriptors && !takingIncomplete { throw MessageError.descriptorsLost }
            reply = try read(message)
        } catch {
            throw fail(.malformed(error))
        }
        isReplyDue = reply.continues
        if let error = reply.varlinkError { throw .refused(error) }
        return reply
    }

    private func nextMessage() throws(VarlinkClientError) -> VarlinkMessage? {
        do {
            return try reader.next()
        } catch {
            throw fail(.malformed(error))
        }
    }

    private func receive(until deadline: BootTime?) throws(VarlinkClientError) {
        if deadline != nil { try wait(for: .readable, until: deadline) }
        let received: ReceivedMessage
        do {
            received = try MessageSocket.receive(into: buffer, room: room, on: socket)
        } catch .wouldBlock {
            return try wait(for: .readable, until: deadline)
        } catch {
            throw fail(error == .connectionReset ? .disconnected : .failed(error))
        }
        guard received.byteCount > 0 else { throw fail(.disconnected) }
        do {
            try reader.append(buffer, received)
        } catch {
            throw fail(.malformed(error))
        }
    }

    private func wait(for interest: Interest, until deadline: BootTime?) throws(VarlinkClientError) {
        do {
            if try !Readiness.wait(for: interest, on: socket, until: deadline).isEmpty { return }
        } catch {
            throw fail(.failed(error))
        }
        throw fail(.timedOut)
    }

    private var deadline: BootTime? {
        timeLimit.map { BootTime.now.advanced(by: $0) }
    }

    private func fail(_ error: VarlinkClientError) -> VarlinkClientError {
        failure = failure ?? error
        return error
    }
}

/// Why a call got no reply that is of use.
public enum VarlinkClientError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The service cannot be reached at this address.
    case unreachable(path: String, Errno)
    /// Sending or receiving failed.
    case failed(Errno)
    /// The service hung up before it replied.
    case disconnected
    /// The time limit has passed.
    case timedOut
    /// What came was no reply, or not one that the method declares.
    case malformed(MessageError)
    /// The service replied with an error.
    case refused(VarlinkError)

    public var description: String {
        switch self {
        case .unreachable(let path, let error): "cannot connect to \(path): \(error)"
        case .failed(let error): "the connection failed: \(error)"
        case .disconnected: "the service hung up"
        case .timedOut: "the service did not reply in time"
        case .malformed(let error): "the reply is of no use: \(error)"
        case .refused(let error): "\(error)"
        }
    }
}
