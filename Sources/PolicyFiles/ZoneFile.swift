// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Reads a compiled time zone (TZif, RFC 8536).
enum ZoneFile {
    /// Rules without end are written out to the end of this year.
    static let lastYear = 2100

    /// nil when the bytes are no such file, or count leap seconds, which `CLOCK_REALTIME` does not.
    static func offsets(_ bytes: [UInt8]) -> ZoneOffsets? {
        guard var block = Block(bytes, start: 0, timeSize: 4) else { return nil }
        var footer: ArraySlice<UInt8> = []
        if block.version >= UInt8(ascii: "2") {
            guard let second = Block(bytes, start: block.end, timeSize: 8) else { return nil }
            block = second
            footer = bytes[block.end...]
        }
        guard block.leapCount == 0, var table = block.table(bytes) else { return nil }
        if footer.first == UInt8(ascii: "\n"), let end = footer.dropFirst().firstIndex(of: UInt8(ascii: "\n")) {
            let text = String(decoding: footer[(footer.startIndex + 1)..<end], as: UTF8.self)
            if !text.isEmpty {
                guard let rule = ZoneRule(text) else { return nil }
                table = rule.extend(table, throughYear: lastYear)
            }
        }
        return table
    }

    /// A header with the data behind it.
    private struct Block {
        let version: UInt8
        let leapCount: Int
        let end: Int
        private let timeSize: Int
        private let data: Int
        private let timeCount: Int
        private let typeCount: Int

        init?(_ bytes: [UInt8], start: Int, timeSize: Int) {
            guard bytes.count >= start + 44, bytes[start..<(start + 4)].elementsEqual("TZif".utf8) else { return nil }
            let counts = (0..<6).map { ZoneFile.integer(bytes, start + 20 + $0 * 4, size: 4) }
            guard counts.allSatisfy({ (0...100_000).contains($0) }), counts[4] > 0 else { return nil }
            version = bytes[start + 4]
            self.timeSize = timeSize
            data = start + 44
            timeCount = Int(counts[3])
            typeCount = Int(counts[4])
            leapCount = Int(counts[2])
            let types = timeCount * (timeSize + 1) + typeCount * 6
            end = data + types + Int(counts[5]) + leapCount * (timeSize + 4) + Int(counts[1]) + Int(counts[0])
            guard end <= bytes.count else { return nil }
        }

        func table(_ bytes: [UInt8]) -> ZoneOffsets? {
            let typeIndexes = data + timeCount * timeSize
            let types = typeIndexes + timeCount
            func offset(ofType type: Int) -> Int32 { Int32(ZoneFile.integer(bytes, types + type * 6, size: 4)) }
            var transitions: [ZoneOffsets.Transition] = []
            for index in 0..<timeCount {
                let type = Int(bytes[typeIndexes + index])
                guard type < typeCount else { return nil }
                let time = ZoneFile.integer(bytes, data + index * timeSize, size: timeSize)
                guard time > transitions.last?.at ?? .min else { return nil }
                transitions.append(ZoneOffsets.Transition(at: time, offset: offset(ofType: type)))
            }
            return ZoneOffsets(first: offset(ofType: 0), transitions: transitions)
        }
    }

    /// A signed big-endian integer.
    private static func integer(_ bytes: [UInt8], _ start: Int, size: Int) -> Int64 {
        var value: UInt64 = 0
        for byte in bytes[start..<(start + size)] { value = value << 8 | UInt64(byte) }
        return size == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
    }
}
