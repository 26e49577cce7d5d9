// SPDX-License-Identifier: Apache-2.0

/// How what a service stores by its service manager's protocol is called in the vault: `PREFIX/FDNAME`.
///
/// Two names of a service are never one name here, nor are those of two units: each becomes one segment, in which every byte
/// that a segment cannot hold, `+` itself, and a dot at the beginning are written `+HH`.
package struct StoreNames: Equatable, Sendable {
    /// In a prefix it stands for the unit of whoever asks.
    private static let unit = "{unit}"

    /// As it is written.
    package let prefix: String
    private let before: String
    /// Behind the unit; nil: there is none in it.
    private let after: String?

    /// - Throws: for a prefix that no name can have.
    package init(prefix: String) throws(InvalidText) {
        self.prefix = prefix
        let parts = prefix.split(separator: Self.unit, maxSplits: 1, omittingEmptySubsequences: false)
        before = String(parts[0])
        after = parts.count > 1 ? String(parts[1]) : nil
        _ = try CapabilityName((after.map { before + "u" + $0 } ?? before) + "/n")
    }

    /// Whether somebody without a unit has no names.
    package var needsUnit: Bool { after != nil }

    /// The name of what is stored; nil: there is none, since the unit is not known, or it is too long.
    /// - Parameter number: of further ones of the same name.
    package func name(_ stored: String, unit: String?, number: Int = 0) -> CapabilityName? {
        guard let place = place(unit) else { return nil }
        let segment = Self.segment(stored.utf8)
        return try? CapabilityName(place + "/" + segment + (number == 0 ? "" : ".\(number)"))
    }

    /// Whether a name is one of these for that unit.
    package func covers(_ name: CapabilityName, unit: String?) -> Bool {
        place(unit).map { name.text.utf8.starts(with: "\($0)/".utf8) } ?? false
    }

    private func place(_ unit: String?) -> String? {
        guard let after else { return before }
        return unit.map { before + Self.segment($0.utf8) + after }
    }

    /// How bytes of any kind are written in a segment.
    /// - Parameter isStart: it is the beginning of one.
    package static func segment(_ bytes: some Collection<UInt8>, isStart: Bool = true) -> String {
        var segment: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            let isDotInFront = isStart && index == 0 && byte == UInt8(ascii: ".")
            if CapabilityName.isSegmentByte(byte), byte != UInt8(ascii: "+"), !isDotInFront {
                segment.append(byte)
            } else {
                segment += [UInt8(ascii: "+"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: segment, as: UTF8.self)
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    /// What a segment stands for. What is no escape stays as it is, and then is written otherwise by ``segment(_:isStart:)``.
    package static func unescaped(_ segment: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = segment
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "+"), rest.count >= 2,
                let high = digits.firstIndex(of: rest[rest.startIndex]),
                let low = digits.firstIndex(of: rest[rest.startIndex + 1])
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(UInt8(high << 4 | low))
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
