// SPDX-License-Identifier: Apache-2.0

package import JSONText

/// What became of grants, as `delivery` records tell it: sent, failed, or unknown after a crash; and what clients say of those
/// that were sent.
package struct DeliveryReport: Sendable, Equatable {
    /// A grant that was recorded and did not go out.
    package struct Failure: Sendable, Hashable {
        package var index: UInt64
        /// The name of the error of `sendmsg(2)`, such as `EPIPE`.
        package var errno: String?
        /// One of `revoked`, `identity`, `expired`, `undrained`, `commit-unknown`.
        package var reason: String?

        package init(index: UInt64, errno: String? = nil, reason: String? = nil) {
            self.index = index
            self.errno = errno
            self.reason = reason
        }
    }

    /// Ranges of indices whose grants `sendmsg(2)` accepted, both ends included.
    package var sent: [ClosedRange<UInt64>] = []
    package var failed: [Failure] = []
    /// Grants of which nobody knows whether they went out.
    package var unknown: [UInt64] = []
    /// Ranges of indices whose descriptors have arrived, as the client says that they were sent to. Sent they are in this
    /// report or in one before.
    package var received: [ClosedRange<UInt64>] = []
    /// Grants whose message has arrived without their descriptors, as the client says.
    package var missing: [UInt64] = []

    package init() {}

    package var isEmpty: Bool {
        sent.isEmpty && failed.isEmpty && unknown.isEmpty && received.isEmpty && missing.isEmpty
    }

    /// Adds a grant that went out. Cheapest when they come in the order of their indices.
    package mutating func addSent(_ index: UInt64) { Self.add(index, to: &sent) }

    /// Adds a grant whose descriptor has arrived.
    package mutating func addReceived(_ index: UInt64) { Self.add(index, to: &received) }

    private static func add(_ index: UInt64, to ranges: inout [ClosedRange<UInt64>]) {
        if let last = ranges.last, last.upperBound &+ 1 == index {
            ranges[ranges.count - 1] = last.lowerBound...index
        } else {
            ranges.append(index...index)
        }
    }

    /// Adds what another report tells.
    package mutating func append(_ later: DeliveryReport) {
        sent += later.sent
        failed += later.failed
        unknown += later.unknown
        received += later.received
        missing += later.missing
    }

    /// Divides the report into parts that each fit into one record.
    package func parts() -> [DeliveryReport] {
        var parts: [DeliveryReport] = []
        var part = DeliveryReport()
        var room = Self.roomInRecord
        func take(_ count: Int) {
            if room < count {
                parts.append(part)
                part = DeliveryReport()
                room = Self.roomInRecord
            }
            room -= count
        }
        for range in sent {
            take(44)
            part.sent.append(range)
        }
        for failure in failed {
            take(64 + (failure.errno?.utf8.count ?? 0) + (failure.reason?.utf8.count ?? 0))
            part.failed.append(failure)
        }
        for index in unknown {
            take(21)
            part.unknown.append(index)
        }
        for range in received {
            take(44)
            part.received.append(range)
        }
        for index in missing {
            take(21)
            part.missing.append(index)
        }
        if !part.isEmpty { parts.append(part) }
        return parts
    }

    private static let roomInRecord = Record.limit - 1024

    /// The keys of a `delivery` record. The report is one of ``parts()``, and so fits into it.
    func write(to text: inout RecordText) {
        text.member("sent", sent.map { [$0.lowerBound, $0.upperBound] })
        text.member("failed", failed)
        text.member("unknown", unknown)
        if !received.isEmpty { text.member("received", received.map { [$0.lowerBound, $0.upperBound] }) }
        if !missing.isEmpty { text.member("missing", missing) }
    }
}

/// Reads the report out of the text of a whole `delivery` record.
extension DeliveryReport: JSONReadable {
    package init(from reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "sent": sent = try Self.readRanges(&reader)
            case "failed": failed = try reader.read()
            case "unknown": unknown = try reader.read()
            case "received": received = try Self.readRanges(&reader)
            case "missing": missing = try reader.read()
            default: try reader.skipValue()
            }
        }
    }

    private static func readRanges(_ reader: inout JSONReader) throws(JSONError) -> [ClosedRange<UInt64>] {
        let pairs: [[UInt64]] = try reader.read()
        var ranges: [ClosedRange<UInt64>] = []
        for pair in pairs {
            guard pair.count == 2, pair[0] <= pair[1] else { throw reader.error(.integerOutOfRange) }
            ranges.append(pair[0]...pair[1])
        }
        return ranges
    }
}

extension DeliveryReport.Failure: JSONReadable, JSONWritable {
    package init(from reader: inout JSONReader) throws(JSONError) {
        var index: UInt64?
        var errno: String?
        var reason: String?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "index": index = try reader.read()
            case "errno": errno = try reader.read()
            case "reason": reason = try reader.read()
            default: try reader.skipValue()
            }
        }
        self.init(index: try reader.require(index, "index"), errno: errno, reason: reason)
    }
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("index", index)
        writer.member("errno", errno)
        writer.member("reason", reason)
        writer.endObject()
    }
}
