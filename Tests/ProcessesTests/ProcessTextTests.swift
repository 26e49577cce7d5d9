// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@testable import Processes

/// What `/proc` shows of a process, at its extremes. The process chooses its own name, which stands before the numbers.
@Suite("What is no number in a text of proc(5) is none")
struct ProcessTextTests {
    private static let noNumbers = [
        "", " ", "-1", "+1", "x", "1x", " 1", "1.0", "0x1", "1e3", "\u{661}", "1\u{301}", "\u{FFFD}", "1\0", "1\r",
        "--1",
        String(repeating: "9", count: 60_000),
    ]

    @Test("a login, a session", arguments: noNumbers + ["4294967296", "18446744073709551616", "-4294967296"])
    func login(text: String) {
        #expect(ProcessDirectory.number(in: Array(text.utf8)) == .unknown(.malformed))
        #expect(ProcessDirectory.number(in: Array("\(text)\n".utf8)) == .unknown(.malformed))
        #expect(ProcessDirectory.number(in: Array(text.utf8) + [0xFF]) == .unknown(.malformed))
    }

    @Test("and the numbers are those they are, with all bits set for none")
    func logins() {
        for (text, number) in [
            ("0", 0), ("0007\n", 7), ("4294967294", 4_294_967_294), ("4294967295\n", nil), ("1\nx", 1),
        ] as [(String, UInt32?)] {
            #expect(ProcessDirectory.number(in: Array(text.utf8)) == .known(number), "\(text)")
        }
    }

    @Test("a namespace", arguments: noNumbers + ["18446744073709551616", "[1", "1]", "pid:[1"])
    func namespace(text: String) throws {
        #expect(try ProcessDirectory.namespaceNumber(Array("pid:[\(text)]".utf8), kind: "pid") == nil)
    }

    @Test(
        "which has the form of one",
        arguments: [
            ("pid:[18446744073709551615]", UInt64.max), ("pid:[0]", 0), ("pid:[4026531836]", 4_026_531_836),
            ("user:[1]", nil), ("pid:", nil), ("pid:[", nil), ("pid:]", nil), ("pid:[]", nil), ("", nil),
            ("pid:[1]\n", nil), ("pid:[1] (deleted)", nil), ("pid\u{301}:[1]", nil),
        ] as [(String, UInt64?)])
    func namespaces(link: String, number: UInt64?) throws {
        #expect(try ProcessDirectory.namespaceNumber(Array(link.utf8), kind: "pid") == number)
    }

    private static func stat(name: [UInt8], start: String = "4711", fields: Int = 52) -> [UInt8] {
        var words = (3...52).map { "\($0)" }
        words[19] = start
        return Array("42 (".utf8) + name + Array(") \(words.prefix(fields - 2).joined(separator: " "))\n".utf8)
    }

    @Test(
        "the start of a process, whatever it calls itself",
        arguments: [
            Array("sleep".utf8), [], Array(") S 1 2 3 4 5".utf8), Array(" ) (".utf8), Array(")))".utf8),
            // Before a parenthesis these are one character with it.
            Array(") S 1 2 3 4 \u{600}".utf8), Array("\u{600}".utf8), Array("\u{600}) 1\u{301}".utf8),
            [0xFF, 0x29, 0xC3],
            Array("\r".utf8), Array("\n".utf8),
        ])
    func start(name: [UInt8]) {
        #expect(ProcessDirectory.startTicks(in: Self.stat(name: name)) == 4711)
        #expect(ProcessDirectory.startTicks(in: Self.stat(name: name, start: "\(UInt64.max)")) == UInt64.max)
        #expect(ProcessDirectory.startTicks(in: Self.stat(name: name, start: "0")) == 0)
        for text in Self.noNumbers + ["18446744073709551616"] where !text.hasPrefix(" ") && text != "" {
            #expect(ProcessDirectory.startTicks(in: Self.stat(name: name, start: text)) == nil, "\(text)")
        }
        for count in [0, 1, 2, 21] {
            #expect(ProcessDirectory.startTicks(in: Self.stat(name: name, fields: max(2, count))) == nil)
        }
        #expect(ProcessDirectory.startTicks(in: Array("42 (".utf8) + name.filter { $0 != 0x29 }) == nil)
    }

    @Test("the ids of a process")
    func ids() throws {
        func ids(_ text: String) -> String? {
            ProcessDirectory.effectiveIDs(in: Array(text.utf8)).map { "\($0.uid):\($0.gid)" }
        }
        let groups = "Gid:\t5\t6\t7\t8\n"
        #expect(ids("Name:\tx\nUid:\t1\t2\t3\t4\n\(groups)") == "2:6")
        #expect(ids("Name:\tUid:\t9\t9\t9\t9\r\nUmask:\t0022\nUid:\t1\t4294967295\t3\t4\n\(groups)") == "4294967295:6")
        #expect(ids("Uid:\t1\t2\t3\t4\n") == nil)
        #expect(ids("") == nil)
        for column in Self.noNumbers + ["4294967296"] {
            #expect(ids("Uid:\t1\t\(column)\t3\t4\n\(groups)") == nil, "\(column)")
        }
        for line in ["Uid:\t1\t2\t3", "Uid:\t1\t2\t3\t4\t5", "Uid:", "Uid: 1 2 3 4", "uid:\t1\t2\t3\t4"] {
            #expect(ids("\(line)\n\(groups)") == nil, "\(line)")
        }
    }

    @Test("and a process that is there, with a name that means to deceive, is who it is")
    func deceiver() throws {
        let directory = try TemporaryDirectory()
        // The name is the file's; 15 bytes of it count.
        let program = directory.path(") S 1 2 3 4 \u{600}")
        #expect(symlink("/bin/sleep", program.string) == 0)
        let child = try ChildProcess.spawn(program, arguments: ["sleep", "600"])
        let honest = try ChildProcess.spawn("/bin/sleep", arguments: ["sleep", "600"])
        defer {
            for child in [child.pidfd, honest.pidfd] {
                try? ProcessDescriptor.signal(child, SIGKILL)
                _ = try? ProcessDescriptor.reap(child, blocking: true)
            }
        }
        let found = try ProcessDirectory(pid: child.pid, pinnedBy: child.pidfd).startTicks()
        let other = try ProcessDirectory(pid: honest.pid, pinnedBy: honest.pidfd).startTicks()
        #expect(found <= other && other - found < 60 * UInt64(sysconf(CInt(_SC_CLK_TCK))))
        #expect(
            try ProcessDirectory(pid: child.pid, pinnedBy: child.pidfd).effectiveIDs() == (geteuid(), getegid()))
    }
}
