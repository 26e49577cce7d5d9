// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSONText
import Testing
import TransparencyLog
import VaultTestKit

/// Archives, receipts and cursor files at their extremes: refused in two lines, with a status that says what kind of fault it
/// is, by a process that ends by itself.
@Suite("A file with a number or a text that nothing can have")
struct ExtremeFilesTests {
    private static let numbers = [
        "-1", "-0", "-9223372036854775808", "-9223372036854775809", "9223372036854775807", "9223372036854775808",
        "18446744073709551615", "18446744073709551616", "1e400", "1.5", "0x1", "007", "+1", "", " ", "x", "null",
        "true",
        "\"1\"", "[]", "{}", String(repeating: "9", count: 1000),
    ]

    private func expectRefused(_ result: CommandResult, _ statuses: [CInt], _ what: String) {
        #expect(statuses.map { .exited($0) }.contains(result.status), "\(what): \(result.status) \(result.errorText)")
        let lines = result.errorText.split(separator: "\n")
        #expect(lines.count == 2 && lines.first?.hasPrefix("vault: audit ") == true, "\(what): \(result.errorText)")
        #expect(lines.last?.hasPrefix("Try: ") == true, "\(what): \(result.errorText)")
    }

    @Test(
        "An archive: its first line",
        arguments: ["archive", "origin", "from", "to", "key", "checkpoint", "consistency"])
    func archiveHeader(field: String) async throws {
        let log = try TestLog(300)
        let broker = try FakeBroker { log.answer($0) }
        #expect(try await broker.vault("audit", "export", "--format", "archive", "all").status.isSuccess)
        let text = try broker.directory.read("all")
        let end = try #require(text.firstIndex(of: "\n"))
        let header = try JSONObject(parsing: String(text[..<end]))
        // What is right, or says nothing that counts: with --key nobody asks the archive for one.
        let right = [
            "archive": ["1"], "from": ["-0"], "key": ["\"1\"", "\"\\u0000\""], "consistency": ["[]"],
        ]
        for value in Self.numbers + ["1", "2", "299", "301", "[\"AA==\"]", "\"\\u0000\""] {
            if right[field]?.contains(value) == true { continue }
            let members = try ["archive", "origin", "from", "to", "key", "checkpoint", "consistency"].map { key in
                let own = String(decoding: try #require(header[key]).jsonBytes(), as: UTF8.self)
                return "\"\(key)\":\(key == field ? value : own)"
            }
            try broker.directory.write("{\(members.joined(separator: ","))}\(text[end...])", to: "changed")
            let result = try await broker.vault("audit", "verify", "--archive", "changed", "--key", log.key)
            expectRefused(result, [5], "\(field) \(value.prefix(40))")
        }
    }

    @Test("An archive: no first line, no end, no text, and a line that is too long")
    func archiveForms() async throws {
        let broker = try FakeBroker { _ in .hangUp }
        let forms: [(String, [UInt8])] = [
            ("empty", []), ("line feeds", Array(repeating: 0x0A, count: 5)),
            ("zeros", Array(repeating: 0, count: 5000)),
            ("no UTF-8", [0xFF, 0xFE, 0x0A]), ("no end", Array("{\"archive\":1".utf8)),
            ("too long", Array(repeating: 0x20, count: (4 << 20) + 1)),
            ("deep", Array(repeating: UInt8(ascii: "["), count: 100_000) + [0x0A]), ("a string", Array("\"x\"\n".utf8)),
        ]
        for (what, bytes) in forms {
            try Data(bytes).write(to: URL(fileURLWithPath: broker.directory.path("form").string))
            for option in ["--archive", "--from"] {
                var words = ["audit", "verify", option, "form", "--key", try TestLog(1).key]
                if option == "--from" { words += ["--database", "none"] }
                expectRefused(try await broker.command(words).run(), [4, 5], "\(option) \(what)")
            }
            let receipt = try await broker.vault("audit", "verify-receipt", "form", "--key", try TestLog(1).key)
            expectRefused(receipt, [4, 5], "receipt \(what)")
            let key = try await broker.vault("audit", "verify-receipt", "form", "--key", "form")
            expectRefused(key, [2, 4, 5], "key \(what)")
        }
    }

    @Test("A receipt: its record, its path, and the size that was signed")
    func receipts() async throws {
        let log = try TestLog(300)
        let broker = try FakeBroker { log.answer($0) }
        let good = log.proof(of: 77)
        try broker.directory.write(good, to: "good")
        #expect(try await broker.vault("audit", "verify-receipt", "good", "--key", log.key).status.isSuccess)
        let lines = good.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let index = try #require(lines.firstIndex { $0.hasPrefix("index ") })
        let origin = try #require(lines.firstIndex(of: TestLog.origin))
        func refuse(_ what: String, _ change: (inout [String]) -> Void) async throws {
            var changed = lines
            change(&changed)
            try broker.directory.write(changed.joined(separator: "\n"), to: "changed")
            let result = try await broker.vault("audit", "verify-receipt", "changed", "--key", log.key)
            expectRefused(result, [5], what)
        }
        for number in Self.numbers + ["76", "300", "77 ", " 77", "77\r", "77\u{301}"] {
            try await refuse("index \(number.prefix(40))") { $0[index] = "index \(number)" }
            // That is its size.
            if number != "300" { try await refuse("size \(number.prefix(40))") { $0[origin + 1] = number } }
        }
        for hash in [
            "", "=", "AA==", "\u{FFFD}", String(repeating: "A", count: 43), String(repeating: "A", count: 100_000),
        ] {
            try await refuse("hash \(hash.prefix(40))") { $0[index + 1] = hash }
        }
        for count in [1, 64, 65, 10_000] {
            try await refuse("\(count) more hashes") {
                $0.insert(contentsOf: [String](repeating: lines[index + 1], count: count), at: index + 1)
            }
        }
        for first in ["", "c2sp.org/tlog-proof@v0", "c2sp.org/tlog-proof@v18446744073709551616"] {
            try await refuse("begins '\(first)'") { $0[0] = first }
        }
    }

    /// What stands in the file, and whether somebody can be asked about it.
    private static let cursors: [(bytes: [UInt8], isText: Bool)] = [
        ([0xFF, 0xFE], false), (Array("i:1:".utf8) + [0xC3], false), (Array("i:1\0:x".utf8), true),
        (Array("\u{301}".utf8), true), (Array(repeating: 0x39, count: 4000), true),
        (Array(repeating: 0x39, count: 5000), false), (Array(repeating: 0x39, count: 1 << 20), false),
    ]

    @Test("A cursor file: what is no text, or too long for a place, is not made one", arguments: cursors.indices)
    func cursorFiles(index: Int) async throws {
        let broker = try FakeBroker { _ in
            .error("org.varlink.service.InvalidParameter", ["parameter": "cursor"])
        }
        let (bytes, isText) = Self.cursors[index]
        let place = URL(fileURLWithPath: broker.directory.path("place").string)
        try Data(bytes).write(to: place)
        let result = try await broker.vault("audit", "list", "--cursor-file", "place")
        expectRefused(result, isText ? [2] : [2, 4], "\(index)")
        #expect(result.output.isEmpty)
        #expect(broker.calls.isEmpty == !isText)
        #expect(try [UInt8](Data(contentsOf: place)) == bytes, "it stays as it is")
    }
}
