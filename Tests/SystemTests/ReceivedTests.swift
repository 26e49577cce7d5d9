// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// What the log tells of descriptors that have arrived, by the word of clients that say so, lie, or die.
@Suite struct ReceivedTests {
    private func received(_ records: [Int], missing: [Int] = [], _ flags: String = #","oneway":true"#) -> String {
        #"{"method":"io.vaultd.Broker.Received","parameters":{"records":\#(records),"missing":\#(missing)}\#(flags)}"#
    }

    /// The grants whose arrival the log tells: those that have arrived, and those that are missing.
    private func told(_ daemon: Daemon) async throws -> (received: Set<Int64>, missing: Set<Int64>) {
        let result = try await daemon.vault("audit", "list", "--type", "delivery", "--output", "jsonl")
        var told: (received: Set<Int64>, missing: Set<Int64>) = ([], [])
        for line in result.text.utf8.split(separator: UInt8(ascii: "\n")) {
            let record = try JSONValue(parsing: Array(line))
            for range in record["received"]?.array ?? [] {
                guard let first = range[0]?.integer, let last = range[1]?.integer else { continue }
                told.received.formUnion(first...last)
            }
            told.missing.formUnion((record["missing"]?.array ?? []).compactMap(\.integer))
        }
        return told
    }

    private func records(_ reply: RawConnection.Reply?) throws -> [Int] {
        let grants = try #require(reply?.parameters["grants"]?.array)
        return grants.compactMap { $0["record"]?.integer }.map { Int($0) }
    }

    private func start() async throws -> Daemon {
        var options = StandardVault.options
        options.policies["own.yaml"] = """
            vault: 1
            rules: [{ id: own, permit: [open], capability: files/**, to: { uid: \(geteuid()) } }]
            """
        return try await Daemon.start(options)
    }

    @Test("What a client says of its own connection is told, once, and nothing else")
    func own() async throws {
        let daemon = try await start()
        let (one, two) = (try RawConnection(to: daemon.socket), try RawConnection(to: daemon.socket))
        let (mine, others) = try await onThread {
            let first = try self.records(try one.call(RawConnection.open("files/secret", "files/shared")))
            let second = try self.records(try two.call(RawConnection.open("files/secret")))
            // What another connection was sent, what is no grant, and what cannot be a record.
            try one.send(self.received(second + [0, 1_000_000, -1], missing: [first[1]]))
            try one.send(self.received(first + first))
            let reply = try one.call(self.received(first, ""))
            #expect(reply?.error == nil && reply?.parameters == [:])
            let many = try one.call(self.received(Array(1...1281), ""))
            #expect(many?.error == "org.varlink.service.InvalidParameter")
            return (first, second)
        }
        try await waitUntil("the log to tell it") {
            try await self.told(daemon) == ([Int64(mine[0])], [Int64(mine[1])])
        }
        let list = try await daemon.vault("audit", "list", "--type", "delivery").text
        #expect(list.contains("received=\(mine[0])") && list.contains("missing=\(mine[1])"), "\(list)")
        let show = try await daemon.vault("audit", "show", "\(mine[1])").text
        #expect(show.contains("missing") && show.contains("sent"), "\(show)")
        // Nothing more comes: what was said twice, or of others, is told by no later record.
        try await onThread { _ = try two.call(RawConnection.open("files/secret")) }
        let after = try await told(daemon)
        #expect(after.received == [Int64(mine[0])] && !after.received.contains(Int64(others[0])))
    }

    @Test("vault says what has arrived, before it is the command or has ended", arguments: ["cat", "exec", "try"])
    func verbs(verb: String) async throws {
        let daemon = try await start()
        let before = try await told(daemon).received
        let result =
            verb == "exec"
            ? try await daemon.vault("exec", "--pass", "files/secret", "--", "true")
            : try await daemon.vault(verb, "files/secret")
        #expect(result.status == .exited(0), "\(result.errorText)")
        try await waitUntil("the log to tell it") { try await self.told(daemon).received.count == before.count + 1 }
        let new = try #require(try await told(daemon).received.subtracting(before).first)
        let show = try await daemon.vault("audit", "show", "\(new)")
        #expect(show.text.contains("received"), "\(show.text)")
    }

    @Test("Who dies before it has said so has been sent it", .enabled(if: Programs.python != nil, "needs python3"))
    func dies() async throws {
        let daemon = try await start()
        let script = """
            import os, socket
            s = socket.socket(socket.AF_UNIX); s.connect(os.environ['VAULT_SOCKET'])
            s.sendall(b'{"method":"io.vaultd.Broker.Open","parameters":{"requests":[{"name":"files/secret"}]}}\\0')
            s.recv(65536)
            os.kill(os.getpid(), 9)
            """
        _ = try await daemon.client("/usr/bin/python3", ["-c", script]).run()
        try await waitUntil("the log to tell that it was sent") {
            let list = try await daemon.vault("audit", "list", "--type", "delivery").text
            return list.contains("sent=")
        }
        try await Task.sleep(for: .milliseconds(300))
        #expect(try await told(daemon).received == [])
    }

    @Test(
        "What the kernel drops on the way is told as missing by who was to get it",
        .enabled(if: Programs.python != nil, "needs python3"))
    func dropped() async throws {
        let daemon = try await start()
        // Room for two; the connection goes with the process, right behind what it says.
        let script = """
            import json, os, socket, sys
            s = socket.socket(socket.AF_UNIX); s.connect(os.environ['VAULT_SOCKET'])
            names = ['files/secret', 'files/shared', 'files/journal', 'files/secret']
            s.sendall(json.dumps({'method': 'io.vaultd.Broker.Open',
                'parameters': {'requests': [{'name': name} for name in names]}}).encode() + b'\\0')
            data, control, flags, _ = s.recvmsg(65536, socket.CMSG_SPACE(8))
            assert flags & socket.MSG_CTRUNC, flags
            arrived = len(control[0][2]) // 4
            assert arrived == 2, arrived
            records = [grant['record'] for grant in json.loads(data[:-1])['parameters']['grants']]
            s.sendall(json.dumps({'method': 'io.vaultd.Broker.Received', 'oneway': True,
                'parameters': {'records': records[:arrived], 'missing': records[arrived:]}}).encode() + b'\\0')
            print(*records)
            """
        let result = try await daemon.client("/usr/bin/python3", ["-c", script]).run()
        #expect(result.status == .exited(0), "\(result.errorText)")
        let records = result.text.split(separator: " ").compactMap { Int64($0.filter(\.isNumber)) }
        try #require(records.count == 4)
        try await waitUntil("the log to tell it") {
            let told = try await self.told(daemon)
            return told.received == Set(records[..<2]) && told.missing == Set(records[2...])
        }
        let summary = try await daemon.vault("audit", "summary", "--by", "capability", "-o", "jsonl").text
        let counts = try summary.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        #expect(counts.first == ["key": "files/secret", "grants": 2, "denials": 0, "missing": 1], "\(summary)")
        #expect(counts.contains(["key": "files/journal", "grants": 1, "denials": 0, "missing": 1]), "\(summary)")
        let report = try await daemon.vault("audit", "report", "--out", "-").text
        #expect(report.contains("2 never arrived, as clients say"))
    }
}
