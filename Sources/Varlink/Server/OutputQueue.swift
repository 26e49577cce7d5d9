// SPDX-License-Identifier: Apache-2.0

public import Descriptors
public import SystemPackage

/// Messages on their way to a non-blocking socket, some with descriptors, or of which it is to be decided once more.
///
/// Descriptors go with the first byte of their message, and one `sendmsg(2)` starts one such message, so that the
/// receiver knows which it is. Messages without descriptors are joined. Nothing here waits: what the socket does not
/// take stays, and ``flush(on:deciding:)`` goes on where it stopped.
///
/// Not Sendable: it belongs to whoever owns the connection.
public final class OutputQueue {
    /// What to do with a message with a token whose turn has come.
    public enum Verdict: Sendable {
        /// Send it now.
        case send
        /// Not now: nothing goes out until the next flush.
        case hold
        /// Drop it with its descriptors and send these bytes (with their NUL) in its place.
        case replace([UInt8])
    }

    /// Where a flush ended.
    public enum FlushResult: Equatable, Sendable {
        /// Everything is sent.
        case done
        /// The socket takes no more just now: flush again when it is writable.
        case blocked
        /// A verdict said so.
        case held
        /// Too many descriptors of this user are in flight, to whomever (`ETOOMANYREFS`): nothing went out. Flush again
        /// in a moment; no event tells when.
        case crowded
        /// The socket takes nothing any more. What had not begun is dropped and reported.
        case failed(Errno)
    }

    /// What became of a message with a token.
    public struct Passing: Equatable, Sendable {
        /// What ``enqueue(_:passing:token:)`` was given.
        public let token: UInt64
        /// `nil`: its first byte, and so its descriptors, went out. Otherwise none of it did.
        public let failure: Errno?

        public init(token: UInt64, failure: Errno?) {
            self.token = token
            self.failure = failure
        }
    }

    private struct Item {
        var bytes: [UInt8]
        var sent = 0
        /// Empty once the first byte is out.
        var descriptors: [HeldDescriptor] = []
        /// 0 for what nothing is decided of, and once the first byte is out.
        var token: UInt64 = 0

        /// It is asked about before it begins to go out, and reported when it has.
        var isDecided: Bool { !descriptors.isEmpty || token != 0 }
    }

    /// A plain message is joined to the one before up to this many bytes.
    private static let joinedBytes = 64 << 10

    private var items: [Item] = []
    /// The index of the first item that is not sent.
    private var first = 0
    private var passings: [Passing] = []

    /// The bytes that wait.
    public private(set) var pendingBytes = 0
    /// The messages with descriptors that have not begun to go out.
    public private(set) var pendingDescriptorMessages = 0
    /// The bytes that went out since a message with descriptors began to, its own among them.
    public private(set) var bytesSincePassing = 0
    /// What made the socket useless; whatever is enqueued after that is reported with it.
    public private(set) var failure: Errno?

    public init() {}

    public var isEmpty: Bool { first == items.count }

    /// Appends a message without descriptors, or a part of one. What follows its last part is behind its NUL.
    public func enqueue(_ message: [UInt8]) {
        guard failure == nil else { return }
        pendingBytes += message.count
        // A message with a token may be joined only when it has begun to go out.
        if first < items.count, !items[items.count - 1].isDecided,
            items[items.count - 1].bytes.count + message.count <= Self.joinedBytes
        {
            items[items.count - 1].bytes.append(contentsOf: message)
        } else {
            items.append(Item(bytes: message))
        }
    }

    /// Appends a message with descriptors, which are held until its first byte is out.
    ///
    /// - Parameters:
    ///   - descriptors: may be none, for a message of which it is to be decided all the same.
    ///   - token: names the message in ``takePassings()``, where its fate is told exactly once, unless a verdict
    ///     replaces it. 0 without descriptors: there is nothing to be decided, and nothing is told.
    public func enqueue(_ message: [UInt8], passing descriptors: [HeldDescriptor], token: UInt64) {
        precondition(!message.isEmpty || descriptors.isEmpty, "descriptors travel with at least one byte")
        guard !descriptors.isEmpty || token != 0 else { return enqueue(message) }
        if let failure {
            passings.append(Passing(token: token, failure: failure))
            return
        }
        pendingBytes += message.count
        if !descriptors.isEmpty { pendingDescriptorMessages += 1 }
        items.append(Item(bytes: message, descriptors: descriptors, token: token))
    }

    /// Sends what the socket takes.
    ///
    /// - Parameter verdict: asked for each message with a token immediately before the `sendmsg(2)` that starts it, with
    ///   its token. So what was decided long ago can be decided again.
    public func flush(
        on socket: borrowing some Descriptor & ~Copyable, deciding verdict: (UInt64) -> Verdict = { _ in .send }
    ) -> FlushResult {
        if let failure { return .failed(failure) }
        while first < items.count {
            if items[first].isDecided {
                switch verdict(items[first].token) {
                case .send: break
                case .hold: return .held
                case .replace(let bytes): replaceFirst(with: bytes)
                }
            }
            do {
                try sendFirst(on: socket)
            } catch .wouldBlock {
                return .blocked
            } catch .tooManyReferences {
                return .crowded
            } catch {
                fail(error)
                return .failed(error)
            }
        }
        return .done
    }

    /// What became of messages with tokens since the last call.
    public func takePassings() -> [Passing] {
        var taken: [Passing] = []
        swap(&taken, &passings)
        return taken
    }

    /// Gives up: the connection is closed. What has not begun to go out is reported with `error`.
    public func fail(_ error: Errno) {
        guard failure == nil else { return }
        failure = error
        for item in items[first...] where item.isDecided {
            passings.append(Passing(token: item.token, failure: error))
        }
        items = []
        first = 0
        pendingBytes = 0
        pendingDescriptorMessages = 0
    }

    private func replaceFirst(with bytes: [UInt8]) {
        pendingBytes += bytes.count - items[first].bytes.count
        if !items[first].descriptors.isEmpty { pendingDescriptorMessages -= 1 }
        items[first] = Item(bytes: bytes)
    }

    /// One `sendmsg(2)`.
    private func sendFirst(on socket: borrowing some Descriptor & ~Copyable) throws(Errno) {
        let count: Int
        if items[first].descriptors.isEmpty {
            let item = items[first]
            count = try MessageSocket.send(
                item.bytes.span.extracting(item.sent...), on: socket, flags: .dontWait)
        } else {
            count = try pass(items[first], on: socket)
            bytesSincePassing = 0
            pendingDescriptorMessages -= 1
        }
        if items[first].isDecided {
            passings.append(Passing(token: items[first].token, failure: nil))
            // They are in flight; the receiver has its own from here on.
            items[first].descriptors = []
            items[first].token = 0
        }
        items[first].sent += count
        pendingBytes -= count
        bytesSincePassing &+= count
        if items[first].sent == items[first].bytes.count { dropFirst() }
    }

    private func pass(_ item: Item, on socket: borrowing some Descriptor & ~Copyable) throws(Errno) -> Int {
        try MessageSocket.send(item.bytes.span, passing: item.descriptors, on: socket, flags: .dontWait)
    }

    private func dropFirst() {
        items[first].bytes = []
        first += 1
        if first == items.count {
            items.removeAll(keepingCapacity: items.capacity <= 16)
            first = 0
        } else if first >= 256, first * 2 >= items.count {
            items.removeFirst(first)
            first = 0
        }
    }
}
