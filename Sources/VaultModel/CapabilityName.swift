// SPDX-License-Identifier: Apache-2.0

/// The name of a capability: segments of `A-Z a-z 0-9 . _ - @ +` joined by `/`, case-sensitive, none of them `.` or
/// `..`, in all at most 255 bytes.
package struct CapabilityName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The longest name, in bytes.
    package static let maximumLength = 255

    package let text: String

    /// Throws when the text is not a name.
    package init(_ text: String) throws(InvalidText) {
        try Self.check(text, what: "name", wildcards: false)
        self.text = text
    }

    private init(kept text: String) { self.text = text }

    func kept(_ texts: inout KeptTexts) -> CapabilityName { CapabilityName(kept: texts.keep(text)) }

    package var description: String { text }

    package static func < (left: CapabilityName, right: CapabilityName) -> Bool { left.text < right.text }

    /// Whether a byte can stand in a segment.
    static func isSegmentByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "@"), UInt8(ascii: "+"):
            true
        default:
            false
        }
    }

    /// The rules that names and patterns share.
    static func check(_ text: String, what: String, wildcards: Bool) throws(InvalidText) {
        let bytes = text.utf8
        guard !bytes.isEmpty else {
            throw InvalidText("the \(what) is empty", remedy: "write segments joined by '/', such as logs/web/access")
        }
        guard bytes.count <= maximumLength else {
            throw InvalidText(
                "the \(what) has \(bytes.count) bytes", remedy: "use at most \(maximumLength) bytes")
        }
        for byte in bytes where byte != UInt8(ascii: "/") && !isSegmentByte(byte) {
            if byte == UInt8(ascii: "*") {
                if wildcards { continue }
                throw InvalidText("the \(what) holds '*'", remedy: "name one capability, without wildcards")
            }
            throw InvalidText(
                "the \(what) holds a character that names cannot have",
                remedy: "use only A-Z a-z 0-9 . _ - @ + in its segments")
        }
        for segment in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard !segment.isEmpty else {
                throw InvalidText(
                    "the \(what) has an empty segment", remedy: "write no '/' at either end and no two in a row")
            }
            guard !segment.elementsEqual(".".utf8), !segment.elementsEqual("..".utf8) else {
                throw InvalidText(
                    "the \(what) has the segment '\(String(decoding: segment, as: UTF8.self))'",
                    remedy: "write the name out; names are not relative")
            }
        }
    }
}
