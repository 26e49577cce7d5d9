// SPDX-License-Identifier: Apache-2.0

/// What a client of s6-fdholderd is answered: whole messages, with their headers. Descriptors travel with the first byte.
package enum FDHolderReply {
    /// It is done, or (a retrieval) the descriptor comes along.
    /// - Parameter descriptors: how many come with it.
    package static func done(descriptors: Int = 0) -> [UInt8] { message([0], descriptors: descriptors) }

    /// It is not done. The clients print what strerror(3) says of the number.
    package static func failed(_ errno: Int32) -> [UInt8] { message([UInt8(clamping: max(1, errno))]) }

    /// All identifiers.
    package static func list(_ ids: [FDHolderID]) -> [UInt8] {
        message([0] + number(ids.count) + ids.flatMap { $0.bytes + [0] })
    }

    /// What is before the messages of a dump: how many these are, and how many descriptors in all.
    package static func dumpFollows(count: Int) -> [UInt8] {
        message([0] + number(trips(count)) + number(count))
    }

    /// One message of a dump.
    package static func dump(_ entries: ArraySlice<FDHolderEntry>) -> [UInt8] {
        message(
            entries.flatMap { $0.limit.bytes + [UInt8($0.id.bytes.count)] + $0.id.bytes + [0] },
            descriptors: entries.count)
    }

    /// So many messages of a client's dump are awaited.
    package static func dumpAwaited(count: Int) -> [UInt8] { message([0] + number(trips(count))) }

    /// What no client takes for an answer: where a dump cannot be finished, so that it does not believe that it has all of it.
    package static let broken: [UInt8] = Array(repeating: 0xFF, count: FDHolderRequest.headerSize)

    /// How many messages so many descriptors need.
    package static func trips(_ count: Int) -> Int {
        (count + FDHolderRequest.mostDescriptors - 1) / FDHolderRequest.mostDescriptors
    }

    private static func message(_ content: [UInt8], descriptors: Int = 0) -> [UInt8] {
        number(content.count) + [UInt8(descriptors >> 8 & 0xFF), UInt8(descriptors & 0xFF)] + content
    }

    private static func number(_ number: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
    }
}
