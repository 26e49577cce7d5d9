// SPDX-License-Identifier: Apache-2.0

import Glibc
import VaultModel

/// Reads the texts of scalars: each key says which of these its value is.
package enum ScalarText {
    static func yesOrNo(_ text: String) throws(InvalidText) -> Bool {
        switch text {
        case "yes", "true", "on": return true
        case "no", "false", "off": return false
        default: throw InvalidText("'\(text)' is neither yes nor no", remedy: "write yes or no")
        }
    }

    /// One of the words of a type.
    ///
    /// - Parameter wrong: what is said of another, such as `is not a time to open`.
    package static func word<Word: RawRepresentable<String>>(
        _ wrong: String, remedy: String
    ) -> (String) throws(InvalidText) -> Word {
        { (text: String) throws(InvalidText) -> Word in
            guard let word = Word(rawValue: text) else { throw InvalidText("'\(text)' \(wrong)", remedy: remedy) }
            return word
        }
    }

    /// One of a list of words; for another one the nearest of these is proposed.
    package static func word<Word: RawRepresentable<String>>(
        _ wrong: String, of words: [Word]
    ) -> (String) throws(InvalidText) -> Word {
        { (text: String) throws(InvalidText) -> Word in
            let words = words.map(\.rawValue)
            let remedy = Suggestion.remedy(for: text, in: words, otherwise: "write \(words.joined(separator: ", "))")
            return try word(wrong, remedy: remedy)(text)
        }
    }

    /// A length of time that is not none.
    package static func duration(suchAs example: String) -> (String) throws(InvalidText) -> Int64 {
        { (text: String) throws(InvalidText) -> Int64 in
            let duration = try DurationText.parse(text)
            guard duration > 0 else { throw InvalidText("the time is 0", remedy: "write a time such as \(example)") }
            return duration
        }
    }

    /// A number of things, at least one, and no more than the database and the wire can count.
    static func count(_ text: String) throws(InvalidText) -> UInt64 {
        guard let number = digits(text), number > 0, number <= UInt64(Int64.max) else {
            throw InvalidText(
                "'\(text)' is not a number from 1 to \(Int64.max)", remedy: "write a whole number, such as 10")
        }
        return number
    }

    package static func number(_ range: ClosedRange<Int>) -> (String) throws(InvalidText) -> Int {
        { (text: String) throws(InvalidText) -> Int in
            guard let number = digits(text).flatMap({ Int(exactly: $0) }), range.contains(number) else {
                throw InvalidText(
                    "'\(text)' is not a number from \(range.lowerBound) to \(range.upperBound)",
                    remedy: "write a whole number in that range")
            }
            return number
        }
    }

    /// A numeric user or group id. The highest number is the one that means none.
    static func id(_ text: String) throws(InvalidText) -> UInt32 {
        guard let id = digits(text).flatMap({ UInt32(exactly: $0) }), id != .max else {
            throw InvalidText("'\(text)' is not an id", remedy: "write a number, or select by name")
        }
        return id
    }

    /// Permission bits in octal: `0640`.
    package static func mode(_ text: String) throws(InvalidText) -> UInt32 {
        guard text.utf8.first == UInt8(ascii: "0"), text.utf8.count >= 2,
            let mode = UInt32(text.hasPrefix("0o") ? text.dropFirst(2) : text[...], radix: 8), mode <= 0o777
        else {
            throw InvalidText("'\(text)' is not a mode", remedy: "write octal with a leading zero, such as 0640")
        }
        return mode
    }

    /// The absolute path of something that is not beneath `/proc` or `/sys`.
    package static func path(_ text: String) throws(InvalidText) -> String {
        try absolutePath(text)
        for refused in ["/proc", "/sys"] where WalkedPath(text).isWithin(WalkedPath(refused)) {
            throw InvalidText(
                "'\(text)' lies beneath \(refused), which is never opened", remedy: "name a file elsewhere")
        }
        return text
    }

    /// The absolute path of a program.
    package static func program(_ text: String) throws(InvalidText) -> String {
        try absolutePath(text)
        return text
    }

    /// A path of a Unix socket: `sun_path` has 108 bytes with the NUL.
    package static func socketPath(_ text: String) throws(InvalidText) -> String {
        let path = try path(text)
        guard path.utf8.count <= 107 else {
            throw InvalidText(
                "the path has \(path.utf8.count) bytes, and a Unix socket's at most 107", remedy: "use a shorter path")
        }
        return path
    }

    /// A path of a Unix socket, or `@NAME` for a name in the abstract namespace.
    static func socketAddress(_ text: String) throws(InvalidText) -> String {
        guard text.utf8.first == UInt8(ascii: "@") else { return try socketPath(text) }
        guard (2...108).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw InvalidText(
                "'\(text)' is not a name in the abstract namespace",
                remedy: "write '@' and at most 107 letters, digits and signs")
        }
        return text
    }

    private static func absolutePath(_ text: String) throws(InvalidText) {
        // By bytes: a mark that combines with a slash makes another character of it, and the same path.
        let slash = UInt8(ascii: "/")
        guard text.utf8.first == slash else {
            throw InvalidText("'\(text)' is not an absolute path", remedy: "write the path from '/' on")
        }
        guard text.utf8.count < 4096, !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
            throw InvalidText("the path is too long or holds a control character", remedy: "name the file otherwise")
        }
        guard text.utf8.last != slash, !components(text).contains("..") else {
            throw InvalidText("'\(text)' does not name one file", remedy: "write the path without '..' and final '/'")
        }
    }

    private static func components(_ text: String) -> [String] {
        text.utf8.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The absolute path of a directory or program that is handed to the opener, which takes no `.` either.
    package static func plainPath(_ text: String) throws(InvalidText) -> String {
        try absolutePath(text)
        guard !components(text).contains(".") else {
            throw InvalidText("'\(text)' has a component '.'", remedy: "write the path without it")
        }
        return text
    }

    /// `127.0.0.1:80`, `[::1]:80`, `*:80`.
    static func address(_ text: String) throws(InvalidText) -> (host: String, port: UInt16) {
        let remedy = "write a numeric address and a port, such as 127.0.0.1:8080, [::1]:8080 or *:8080"
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")),
            let port = digits(String(text[text.utf8.index(after: colon)...])),
            let port = UInt16(exactly: port)
        else {
            throw InvalidText("'\(text)' is not an address with a port", remedy: remedy)
        }
        let host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            let inner = String(host.dropFirst().dropLast())
            var address = in6_addr()
            if inet_pton(AF_INET6, inner, &address) == 1 { return (inner, port) }
        } else {
            var address = in_addr()
            if host == "*" || inet_pton(AF_INET, String(host), &address) == 1 { return (String(host), port) }
        }
        throw InvalidText("'\(host)' is not a numeric address", remedy: remedy)
    }

    /// The address and the port of somebody else: `192.0.2.1:80`, `[2001:db8::1]:80`, `db.example.org:80`.
    static func peer(_ text: String) throws(InvalidText) -> (host: String, port: UInt16) {
        if let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")), isHostName(text[..<colon]),
            let port = digits(String(text[text.utf8.index(after: colon)...])), let port = UInt16(exactly: port),
            port != 0
        {
            return (String(text[..<colon]), port)
        }
        guard let peer = try? address(text) else {
            throw InvalidText(
                "'\(text)' is neither a name nor a numeric address, with a port",
                remedy: "write it as db.example.org:5432, 192.0.2.1:80 or [2001:db8::1]:80")
        }
        guard peer.host != "*", peer.port != 0 else {
            throw InvalidText("nobody can be reached at '\(text)'", remedy: "write one address, and a port from 1 on")
        }
        return peer
    }

    /// A name of a host as DNS has them (RFC 1123), with `_` besides. None is a number in the eyes of inet_aton(3): its last label
    /// has a letter.
    private static func isHostName(_ text: Substring) -> Bool {
        guard text.utf8.count <= 253 else { return false }
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        func isLetter(_ byte: UInt8) -> Bool {
            (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
        }
        let areLabels = labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy {
                    isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                }
        }
        guard areLabels, let last = labels.last, let first = last.first else { return false }
        return isLetter(first)
    }

    private static func digits(_ text: String) -> UInt64? {
        text.utf8.allSatisfy(isDigit) ? UInt64(text) : nil
    }
}
