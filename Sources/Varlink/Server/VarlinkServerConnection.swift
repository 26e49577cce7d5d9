// SPDX-License-Identifier: Apache-2.0

import BasicContainers
public import Descriptors
public import JSONText
public import SystemPackage

/// One client of a service: calls come out, replies go in, in whatever order they are ready.
///
/// It waits for nothing and decides nothing. Whoever owns it watches the socket, and
/// * when it is readable, calls ``receive(into:)`` and takes calls with ``nextCall()`` until there is none;
/// * answers each call's ``VarlinkCall/slot``, at once or later, and then calls ``flush(deciding:)``, and again when the
///   socket is writable after a flush was blocked;
/// * watches for reading while ``wantsInput`` says so, and looks at ``partialSince`` for a half-sent message;
/// * closes when ``isFinished`` says so.
///
/// After a reply calls may be waiting here that were received before: ``nextCall()`` tells.
///
/// Not Sendable: everything is called on the one thread, or actor, that owns it.
public final class VarlinkServerConnection {
    /// What is too much.
    public struct Limits: Sendable {
        /// The longest call in bytes.
        public var longestMessage: Int
        /// With so many calls open no further call is taken: their sender waits.
        public var callsInFlight: Int
        /// With more bytes of replies unsent no further call is taken.
        public var pendingBytes: Int

        public init(longestMessage: Int = 1 << 20, callsInFlight: Int = 64, pendingBytes: Int = 1 << 20) {
            self.longestMessage = longestMessage
            self.callsInFlight = callsInFlight
            self.pendingBytes = pendingBytes
        }
    }

    /// What a receive brought.
    public enum Receipt: Equatable, Sendable {
        /// Bytes; calls may be there.
        case bytes
        /// Nothing was there (`EAGAIN`).
        case nothing
        /// The client sends no more. It may still read.
        case endOfFile
        /// The connection is of no further use.
        case failed(Errno)
        /// What came in is no message.
        case refused(MessageError)
    }

    /// The connected socket; closed with this object.
    public let socket: HeldDescriptor
    public let limits: Limits
    /// Since when the beginning of a call has been there without its end.
    public private(set) var partialSince: BootTime?
    /// No further call is taken: what is open is answered, and then the connection is closed.
    public private(set) var isEnding = false

    private var reader: MessageReader
    /// Calls that came before: many clients ask for the same again and again.
    private var remembered: [VarlinkCall.Text] = []
    /// The place that was found last, and the one that is taken over next.
    private var lastPlace = 0
    private var nextPlace = 0
    /// So many calls are remembered, none that is longer.
    public static let placesRemembered = 16
    private static let longestRemembered = 1024
    private var order = ReplyOrder()
    private let queue = OutputQueue()

    /// Takes over a connected stream socket; it is used without waiting, whatever its mode.
    ///
    /// - Parameter mostDescriptors: the most descriptors that a call may bring; with 0 whatever comes is closed.
    public convenience init(socket: consuming OwnedDescriptor, limits: Limits = Limits(), mostDescriptors: Int = 0) {
        self.init(socket: socket, limits: limits, mostDescriptors: mostDescriptors, framing: .nul)
    }

    /// The same for another protocol than Varlink, whose messages come from ``nextMessage()``.
    package init(socket: consuming OwnedDescriptor, limits: Limits, mostDescriptors: Int = 0, framing: MessageFraming) {
        self.socket = HeldDescriptor(socket)
        self.limits = limits
        reader = MessageReader(
            longestMessage: limits.longestMessage, mostDescriptors: mostDescriptors, framing: framing)
    }

    /// How messages are told apart.
    package var framing: MessageFraming { reader.framing }

    /// On whose account what the client passes is, until it is closed.
    public var foreignAccount: ForeignAccount?

    /// The most descriptors that a call may bring from here on; with 0 whatever comes is closed.
    public var mostDescriptors: Int {
        get { reader.mostDescriptors }
        set { reader.mostDescriptors = newValue }
    }

    // MARK: - Calls

    /// Whether more is to be received. While the client is to wait it is not, so that its sending blocks.
    public var wantsInput: Bool { wantsInput(unsent: limits.pendingBytes) }

    /// The same, with no more bytes of replies unsent than this, where that is less than the limit.
    public func wantsInput(unsent: Int) -> Bool {
        !isEnding && order.count < limits.callsInFlight && pendingBytes <= min(unsent, limits.pendingBytes)
    }

    /// Whether anything has come in of which no call has been made yet; where not, ``nextCall()`` has nothing.
    public var hasInput: Bool { reader.byteCount > 0 }

    /// The descriptors that have come in with calls that have not been made yet.
    public var waitingDescriptors: Int { reader.descriptorCount }

    /// The calls that are open: not answered, or with an answer that waits for another.
    public var openCalls: Int { order.count }

    /// One `recvmsg(2)`.
    ///
    /// - Parameter buffer: lent for the call; one for all connections will do.
    public func receive(into buffer: UnsafeMutableRawBufferPointer) -> Receipt {
        // Also where none may come: what found no room the kernel would close in this very call, and that may hang.
        let most = reader.mostDescriptors == 0 ? MessageSocket.mostDescriptors : reader.mostDescriptors
        do throws(Errno) {
            var received = try MessageSocket.receive(
                into: buffer, room: .descriptors(most), on: socket, flags: .dontWait, areForeign: true,
                account: foreignAccount)
            // A stream has no empty messages.
            guard received.byteCount > 0 else { return .endOfFile }
            if reader.mostDescriptors == 0, !received.descriptors.isEmpty { received.descriptors = UniqueArray() }
            return take(buffer, received)
        } catch .wouldBlock {
            return .nothing
        } catch {
            return .failed(error)
        }
    }

    private func take(_ buffer: UnsafeMutableRawBufferPointer, _ received: consuming ReceivedMessage) -> Receipt {
        do throws(MessageError) {
            try reader.append(buffer, received)
            return .bytes
        } catch {
            return .refused(error)
        }
    }

    /// The next call; `nil` when more has to be received, or the client has to wait.
    ///
    /// A call for an upgrade to another protocol is answered here, with `InvalidParameter`.
    /// - Throws: why what came in is no call. ``end(with:)`` or drop the connection then.
    public func nextCall() throws(MessageError) -> VarlinkCall? {
        while wantsInput {
            guard let message = try reader.next() else {
                partialSince = reader.hasPartialMessage ? partialSince ?? .now : nil
                return nil
            }
            partialSince = nil
            if let call = repeated(message) { return call }
            var call = try VarlinkCall(message, slot: slot)
            guard call.wantsUpgrade else {
                // Who takes no answer says something new each time.
                if !call.isOneway { call.place = remember(call.text) }
                return call
            }
            reply(to: call.slot, error: .invalidParameter("upgrade"))
        }
        return nil
    }

    /// The next message, whatever it is; `nil` when more has to be received, or the client has to wait. Its answer goes where
    /// ``openSlot()`` says.
    package func nextMessage() throws(MessageError) -> VarlinkMessage? {
        guard wantsInput else { return nil }
        guard let message = try reader.next() else {
            partialSince = reader.hasPartialMessage ? partialSince ?? .now : nil
            return nil
        }
        partialSince = nil
        return message
    }

    /// A place for an answer, behind those that are open.
    package func openSlot() -> ReplySlot { order.open() }

    private func slot(isOneway: Bool) -> ReplySlot { isOneway ? .nowhere : order.open() }

    /// A call that is remembered, beginning with the one that came last.
    private func repeated(_ message: borrowing VarlinkMessage) -> VarlinkCall? {
        for offset in remembered.indices {
            let place = (lastPlace + offset) % remembered.count
            if let call = VarlinkCall(message, repeating: remembered[place], at: place, slot: slot) {
                lastPlace = place
                return call
            }
        }
        return nil
    }

    /// - Returns: where; nil where it is too long.
    private func remember(_ text: VarlinkCall.Text) -> Int? {
        guard text.byteCount <= Self.longestRemembered else { return nil }
        lastPlace = nextPlace
        nextPlace = (nextPlace + 1) % Self.placesRemembered
        if lastPlace == remembered.count { remembered.append(text) } else { remembered[lastPlace] = text }
        return lastPlace
    }

    /// Takes no further call. The error, if there is one, is the last thing that is sent.
    public func end(with error: VarlinkError? = nil) {
        guard !isEnding else { return }
        isEnding = true
        if let error { reply(to: order.open(), error: error) }
    }

    /// Everything is answered and sent, and nothing more will come.
    public var isFinished: Bool { isEnding && order.count == 0 && queue.isEmpty }

    /// What ended it before everything was sent.
    package var failure: Errno? { queue.failure }

    // MARK: - Replies

    /// Answers a call, or answers it in part when further replies follow.
    public func reply(to slot: ReplySlot, _ parameters: some JSONWritable, continues: Bool = false) {
        guard slot.isAnswered else { return }
        reply(to: slot, message: MessageText.reply(parameters, continues: continues), continues: continues)
    }

    /// Answers a call with an error.
    public func reply(to slot: ReplySlot, error: VarlinkError) {
        guard slot.isAnswered else { return }
        reply(to: slot, message: MessageText.error(error))
    }

    /// Answers a call with a message of ``MessageText``, and descriptors.
    ///
    /// - Parameters:
    ///   - descriptors: held until they are in flight.
    ///   - token: names a message in ``flush(deciding:)`` and ``takePassings()``; 0 for one without descriptors of which
    ///     nothing is to be decided.
    ///   - continues: what the message says; or that it is a part of one (``ReplyInParts``) and not the last.
    /// - Precondition: the call is not answered yet. After ``fail(_:)`` that no longer matters.
    public func reply(
        to slot: ReplySlot, message: [UInt8], passing descriptors: [HeldDescriptor] = [], token: UInt64 = 0,
        continues: Bool = false
    ) {
        precondition(slot.isAnswered || descriptors.isEmpty, "a oneway call gets no descriptors")
        guard queue.failure == nil else { return queue.enqueue(message, passing: descriptors, token: token) }
        let message = ReplyOrder.Message(bytes: message, descriptors: descriptors, token: token)
        order.add(message, to: slot, isLast: !continues) { message in
            queue.enqueue(message.bytes, passing: message.descriptors, token: message.token)
        }
    }

    /// Sends what the socket takes: see ``OutputQueue/flush(on:deciding:)``.
    public func flush(
        deciding verdict: (UInt64) -> OutputQueue.Verdict = { _ in .send }
    ) -> OutputQueue.FlushResult {
        let result = queue.flush(on: socket, deciding: verdict)
        if case .failed(let error) = result { fail(error) }
        return result
    }

    /// What became of messages with descriptors since the last call.
    public func takePassings() -> [OutputQueue.Passing] {
        queue.takePassings()
    }

    /// Gives up: nothing more is sent, and what has not begun to go out is reported with `error`. The socket is closed
    /// with this object.
    public func fail(_ error: Errno) {
        queue.fail(error)
        isEnding = true
        for message in order.removeAll() {
            queue.enqueue(message.bytes, passing: message.descriptors, token: message.token)
        }
    }

    /// The bytes of replies that are not sent, because the client does not read or because others go out before them.
    public var pendingBytes: Int { queue.pendingBytes + order.waitingBytes }

    /// The messages with descriptors whose turn has come and that have not begun to go out.
    public var pendingDescriptorMessages: Int { queue.pendingDescriptorMessages }

    /// What was sent and the client has not read, in bytes of the kernel's memory (`SIOCOUTQ`). While it is more than 0
    /// descriptors may be in flight.
    public func unreadByClient() throws(Errno) -> Int {
        try SocketOption.outgoingQueue(of: socket)
    }

    /// The bytes that went out since a message with descriptors began to, its own among them. What is read is read in order,
    /// and unread bytes take at least their own size of the kernel's memory: while ``unreadByClient()`` is less than this, that
    /// message has been read, and its descriptors have landed.
    public var bytesSincePassing: Int { queue.bytesSincePassing }
}
