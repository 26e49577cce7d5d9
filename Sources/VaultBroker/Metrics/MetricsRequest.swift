// SPDX-License-Identifier: Apache-2.0

import Glibc
import VaultMetrics

/// Why a request is not answered with numbers.
enum MetricsRefusal: Int, Error, CaseIterable {
    case malformed = 400
    case notFound = 404
    case methodNotAllowed = 405
    case tooSlow = 408
    case hasContent = 413
    case tooLarge = 431
    case otherVersion = 505

    /// The reason phrase of RFC 9110.
    var phrase: String {
        switch self {
        case .malformed: "Bad Request"
        case .notFound: "Not Found"
        case .methodNotAllowed: "Method Not Allowed"
        case .tooSlow: "Request Timeout"
        case .hasContent: "Content Too Large"
        case .tooLarge: "Request Header Fields Too Large"
        case .otherVersion: "HTTP Version Not Supported"
        }
    }
}

/// The head of an HTTP/1.1 request (RFC 9112), read strictly: `GET /metrics`, and nothing else.
struct MetricsRequest: Equatable {
    /// The longest head, in bytes.
    static let longestHead = 8_192

    let form: MetricsText

    /// How many bytes the head has, with the empty line behind it; nil as long as that has not come.
    /// - Parameter looked: so many bytes have been looked at before.
    static func headLength(_ bytes: [UInt8], looked: Int = 0) -> Int? {
        let end = Array("\r\n\r\n".utf8)
        guard bytes.count >= end.count else { return nil }
        for start in max(0, looked - end.count)...(bytes.count - end.count)
        where bytes[start] == end[0] && bytes[start..<start + end.count].elementsEqual(end) {
            return start + end.count
        }
        return nil
    }

    /// Whether a head asks for no content in answer, whatever else is wrong with it.
    static func isForHeadOnly(_ head: [UInt8]) -> Bool { head.starts(with: "HEAD ".utf8) }

    /// - Parameter head: with the empty line.
    init(_ head: some Collection<UInt8>) throws(MetricsRefusal) {
        guard let text = String(validating: head, as: UTF8.self), text.hasSuffix("\r\n\r\n") else { throw .malformed }
        // By bytes: to Swift a carriage return with its line feed is one character.
        let lines = Self.lines(Array(text.utf8.dropLast(4)))
        try Self.check(requestLine: lines[0])
        var fields: [String: [String]] = [:]
        for line in lines.dropFirst() {
            let (name, value) = try Self.field(line)
            fields[name, default: []].append(value)
        }
        guard fields["host"]?.count ?? 0 <= 1 else { throw .malformed }
        guard fields["host"] != nil || lines[0].hasSuffix(" HTTP/1.0") else { throw .malformed }
        guard fields["transfer-encoding"] == nil, fields["content-length"]?.allSatisfy({ $0 == "0" }) ?? true else {
            throw .hasContent
        }
        form = Self.form(fields["accept"] ?? [])
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0D), end + 1 < rest.endIndex, rest[end + 1] == 0x0A {
            lines.append(String(decoding: rest[..<end], as: UTF8.self))
            rest = rest[(end + 2)...]
        }
        return lines + [String(decoding: rest, as: UTF8.self)]
    }

    private static func check(requestLine line: String) throws(MetricsRefusal) {
        let words = line.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard words.count == 3, isToken(words[0]), words[1].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .malformed
        }
        guard words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else {
            throw words[2].hasPrefix("HTTP/") ? .otherVersion : .malformed
        }
        guard words[0] == "GET" else { throw .methodNotAllowed }
        guard path(of: words[1]) == "/metrics" else { throw .notFound }
    }

    /// Without the host of one in absolute form, and without a query.
    private static func path(of target: String) -> String {
        var rest = Array(target.utf8)[...]
        if rest.starts(with: "http://".utf8) {
            rest = rest.dropFirst(7)
            rest = rest.firstIndex(of: UInt8(ascii: "/")).map { rest[$0...] } ?? []
        }
        return String(decoding: rest.prefix { $0 != UInt8(ascii: "?") }, as: UTF8.self)
    }

    private static func field(_ line: String) throws(MetricsRefusal) -> (name: String, value: String) {
        let bytes = Array(line.utf8)
        // What begins with a blank would go on the line before: nobody sends that any more.
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { throw .malformed }
        let name = String(decoding: bytes[..<colon], as: UTF8.self)
        let value = bytes[(colon + 1)...]
        guard isToken(name), value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else { throw .malformed }
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        let trimmed = value.drop(while: isBlank).reversed().drop(while: isBlank).reversed()
        return (name.lowercased(), String(decoding: trimmed, as: UTF8.self))
    }

    private static func isToken(_ text: String) -> Bool {
        let marks = Array("!#$%&'*+-.^_`|~".utf8)
        return !text.isEmpty
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || marks.contains($0)
            }
    }

    /// OpenMetrics, unless that is not among what is accepted and the form before it is.
    private static func form(_ accepted: [String]) -> MetricsText {
        let types = accepted.joined(separator: ",").lowercased()
        let takesFormer = types.contains("text/plain") && types.contains("version=0.0.4")
        return takesFormer && !types.contains("application/openmetrics-text") ? .prometheus : .openMetrics
    }
}

/// What is sent in answer.
enum MetricsResponse {
    static func numbers(_ text: String, _ form: MetricsText) -> [UInt8] {
        head(200, "OK", form.contentType, text.utf8.count) + Array(text.utf8)
    }

    static func refusal(_ refusal: MetricsRefusal, hasContent: Bool = true) -> [UInt8] {
        let text = Array("\(refusal.phrase): this is for GET /metrics\n".utf8)
        let more = refusal == .methodNotAllowed ? "Allow: GET\r\n" : ""
        let head = head(refusal.rawValue, refusal.phrase, "text/plain; charset=utf-8", text.count, more)
        return hasContent ? head + text : head
    }

    private static func head(
        _ status: Int, _ phrase: String, _ type: String, _ length: Int, _ more: String = ""
    ) -> [UInt8] {
        Array(
            """
            HTTP/1.1 \(status) \(phrase)\r\nDate: \(date())\r\nContent-Type: \(type)\r\n\
            Content-Length: \(length)\r\n\(more)Cache-Control: no-store\r\nConnection: close\r\n\r\n
            """.utf8)
    }

    /// As RFC 9110 has it: `Sun, 06 Nov 1994 08:49:37 GMT`. The program has no locale.
    private static func date() -> String {
        var now = time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            guard let start = buffer.baseAddress else { return "" }
            let count = strftime(start, buffer.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
            return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
