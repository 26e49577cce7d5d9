// SPDX-License-Identifier: Apache-2.0

/// What a client of s6-fdholderd asks for, as its message has it.
///
/// A message is six bytes of header (the length of what follows, in four bytes, and the number of its descriptors, in two, both
/// with the highest byte first), a byte that says what is asked, and what belongs to that. No number of a message makes anything
/// be allocated: what it announces has to be there.
package enum FDHolderRequest: Equatable, Sendable {
    /// Hold the one descriptor that came along.
    case store(FDHolderEntry)
    /// Let go of what has this identifier.
    case delete(FDHolderID)
    /// Pass what has this identifier, and let go of it where that is asked.
    case retrieve(FDHolderID, deletes: Bool)
    /// Tell all identifiers.
    case list
    /// Pass everything.
    case getDump
    /// So many descriptors follow, in messages of their own.
    case setDump(count: Int)
    /// Some of these, each with its descriptor.
    case dumpData([FDHolderEntry])

    /// Why a message is none of the protocol.
    package struct Malformed: Error, Equatable, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    /// The bytes before the length of a message says anything.
    package static let headerSize = 6
    /// The descriptors of one message, as in `SCM_MAX_FD`.
    package static let mostDescriptors = 253
    /// The longest message that means anything, in bytes without its header: a dump's, with as many entries as descriptors.
    package static let longestMessage = 1 + mostDescriptors * (FDHolderTime.byteCount + 2 + FDHolderID.maximumLength)

    /// How many descriptors this has to bring.
    package var descriptorCount: Int {
        switch self {
        case .store: 1
        case .dumpData(let entries): entries.count
        default: 0
        }
    }

    /// Reads a whole message, its header first.
    /// - Throws: ``Malformed``. As s6-fdholderd does, the connection is then ended without an answer.
    package init(_ message: [UInt8]) throws(Malformed) {
        var reader = ByteReader(message)
        guard let length = reader.number(bytes: 4), let descriptors = reader.number(bytes: 2),
            length == reader.rest, let kind = reader.byte()
        else { throw Malformed(description: "the message is not as long as it says") }
        self = try Self.read(kind, &reader, descriptors)
        guard reader.rest == 0 else { throw Malformed(description: "the message has more than belongs to it") }
        guard descriptors == descriptorCount else {
            throw Malformed(
                description: "the message announces \(descriptors) descriptors, and takes \(descriptorCount)")
        }
    }

    private static func read(
        _ kind: UInt8, _ reader: inout ByteReader, _ descriptors: Int
    ) throws(Malformed) -> FDHolderRequest {
        switch kind {
        case UInt8(ascii: "S"): return .store(try entry(&reader))
        case UInt8(ascii: "D"): return .delete(try identifier(&reader))
        case UInt8(ascii: "R"):
            guard let deletes = reader.byte() else { throw Malformed(description: "a retrieval ends too early") }
            return .retrieve(try identifier(&reader), deletes: deletes != 0)
        case UInt8(ascii: "L"): return .list
        case UInt8(ascii: "?"): return .getDump
        case UInt8(ascii: "!"):
            guard let count = reader.number(bytes: 4) else { throw Malformed(description: "a dump has no size") }
            return .setDump(count: count)
        case UInt8(ascii: "."):
            var entries: [FDHolderEntry] = []
            while reader.rest > 0, entries.count <= mostDescriptors { entries.append(try entry(&reader)) }
            guard !entries.isEmpty, entries.count == descriptors else {
                throw Malformed(description: "a dump has \(entries.count) entries and \(descriptors) descriptors")
            }
            return .dumpData(entries)
        default:
            throw Malformed(description: "a message of the unknown kind \(kind)")
        }
    }

    private static func entry(_ reader: inout ByteReader) throws(Malformed) -> FDHolderEntry {
        guard let seconds = reader.wideNumber(), let nanoseconds = reader.number(bytes: 4) else {
            throw Malformed(description: "an entry ends in its time")
        }
        let limit = FDHolderTime(seconds: seconds, nanoseconds: UInt32(truncatingIfNeeded: nanoseconds))
        return FDHolderEntry(id: try identifier(&reader), limit: limit)
    }

    /// A length, so many bytes, and a zero.
    private static func identifier(_ reader: inout ByteReader) throws(Malformed) -> FDHolderID {
        guard let length = reader.byte(), let bytes = reader.bytes(Int(length)), reader.byte() == 0,
            let id = FDHolderID(bytes)
        else { throw Malformed(description: "an identifier is empty, has a zero in it, or ends too early") }
        return id
    }
}

/// One descriptor that is held: what it is called, and until when.
package struct FDHolderEntry: Equatable, Sendable {
    package var id: FDHolderID
    package var limit: FDHolderTime

    package init(id: FDHolderID, limit: FDHolderTime) {
        self.id = id
        self.limit = limit
    }
}

/// Takes bytes off the front of a message.
private struct ByteReader {
    private let message: [UInt8]
    private var next = 0

    init(_ message: [UInt8]) { self.message = message }

    var rest: Int { message.count - next }

    mutating func byte() -> UInt8? {
        guard rest > 0 else { return nil }
        defer { next += 1 }
        return message[next]
    }

    mutating func bytes(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= rest else { return nil }
        defer { next += count }
        return message[next..<next + count]
    }

    /// Of at most four bytes, the highest first.
    mutating func number(bytes count: Int) -> Int? {
        bytes(count).map { $0.reduce(0) { $0 << 8 | Int($1) } }
    }

    /// Of eight.
    mutating func wideNumber() -> UInt64? {
        bytes(8).map { $0.reduce(0) { $0 << 8 | UInt64($1) } }
    }
}
