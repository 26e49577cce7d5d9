// SPDX-License-Identifier: Apache-2.0

import Descriptors

/// Brings replies into the order of the calls, whichever is ready first.
struct ReplyOrder {
    /// A message that is ready before those that go out before it.
    struct Message {
        var bytes: [UInt8]
        var descriptors: [HeldDescriptor]
        var token: UInt64
    }

    private struct Entry {
        var isFinished = false
        var waiting: [Message] = []
    }

    /// The open calls, the oldest first; it has the number `oldest`.
    private var entries: [Entry] = []
    private var oldest: UInt64 = 0
    /// Of the messages that wait.
    private(set) var waitingBytes = 0

    /// The calls that are not answered yet, or whose answer waits for that of another.
    var count: Int { entries.count }

    mutating func open() -> ReplySlot {
        entries.append(Entry())
        return ReplySlot(number: oldest + UInt64(entries.count - 1))
    }

    /// Adds a message to a call's replies, and hands out what can go now.
    mutating func add(_ message: Message, to slot: ReplySlot, isLast: Bool, send: (Message) -> Void) {
        guard let number = slot.number else { return }
        precondition(number >= oldest && number - oldest < UInt64(entries.count), "the call was answered already")
        let index = Int(number - oldest)
        precondition(!entries[index].isFinished, "the call was answered already")
        entries[index].isFinished = isLast
        guard index == 0 else {
            entries[index].waiting.append(message)
            waitingBytes += message.bytes.count
            return
        }
        send(message)
        while let first = entries.first, first.isFinished {
            entries.removeFirst()
            oldest += 1
            // What the next call has waiting can go, and it may be finished too.
            guard !entries.isEmpty else { break }
            for message in entries[0].waiting {
                waitingBytes -= message.bytes.count
                send(message)
            }
            entries[0].waiting = []
        }
    }

    /// The messages that wait, which now will not be sent.
    mutating func removeAll() -> [Message] {
        defer { entries = [] }
        waitingBytes = 0
        oldest += UInt64(entries.count)
        return entries.flatMap(\.waiting)
    }
}

/// The place of a call's reply among the replies of its connection.
///
/// It is answered once, or several times and then finished: see ``VarlinkServerConnection``.
public struct ReplySlot: Hashable, Sendable {
    /// Counts the calls of the connection that are answered; `nil` for a oneway call, whose replies go nowhere.
    let number: UInt64?

    static let nowhere = ReplySlot(number: nil)

    /// Whether anybody reads what is answered here.
    public var isAnswered: Bool { number != nil }
}
