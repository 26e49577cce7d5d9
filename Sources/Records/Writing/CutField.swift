// SPDX-License-Identifier: Apache-2.0

internal import JSONText

/// The SHA-256 of some bytes, in lowercase hexadecimal. Who writes records passes it: this target links no cryptography,
/// since the command line reads records with it.
package typealias SHA256Text = @Sendable (_ bytes: [UInt8]) -> String

/// A field that a client controls and that was cut to its limit, with the SHA-256 of the whole of it.
package struct CutField: Sendable, Hashable {
    /// The most bytes such a field takes in a record, escapes included.
    package static let limit = 512

    /// The path of the field, such as `peer.exe`.
    package let field: String
    /// Of the text's UTF-8 bytes, in lowercase hexadecimal.
    package let sha256: String

    /// The most bytes an entry of `truncated` takes.
    static let entryRoom = 160
}

extension CutField {
    init(_ field: String, whole: [UInt8], _ hash: SHA256Text) {
        self.init(field: field, sha256: hash(whole))
    }

    /// The text, or as much of its beginning as fits; a cut is added to `cuts`.
    static func fit(
        _ text: String, _ field: @autoclosure () -> String, cuts: inout [CutField], _ hash: SHA256Text
    ) -> String {
        // No byte takes more than six when it is escaped.
        if text.utf8.count <= limit / 6 { return text }
        var room = limit
        var end = text.startIndex
        for index in text.unicodeScalars.indices {
            let scalar = text.unicodeScalars[index]
            room -= escapedCount(scalar)
            if room < 0 { break }
            end = text.unicodeScalars.index(after: index)
        }
        if end == text.endIndex { return text }
        cuts.append(CutField(field(), whole: Array(text.utf8), hash))
        return String(text[..<end])
    }

    private static func escapedCount(_ scalar: Unicode.Scalar) -> Int {
        switch scalar {
        case "\"", "\\": 2
        case _ where scalar.value < 0x20: 6
        default: UTF8.width(scalar)
        }
    }
}

extension CutField: JSONWritable {
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("field", field)
        writer.member("sha256", sha256)
        writer.endObject()
    }
}
