// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Foundation
import Glibc
import JSONText
import SystemPackage
import Testing
import TransparencyLog
import VaultTestKit

/// `io.vaultd.Audit` of a running daemon, as an outsider sees it who has the interface and the key.
@Suite struct AuditMethodTests {
    /// A daemon that has granted and denied, and a connection of its owner.
    private func serving(opens: Int = 20) async throws -> (Daemon, RawConnection) {
        let daemon = try await StandardVault.start()
        let program = daemon.programs.appending("vault")
        let script = "for i in $(seq \(opens)); do \(program) cat files/secret >/dev/null; done; \(program) cat nothing"
        _ = try await daemon.client("/bin/sh", ["-c", script], uid: StandardVault.otherUser).run()
        return (daemon, try RawConnection(to: daemon.socket))
    }

    /// Fills the log quickly: one call of many names is many records.
    private func grow(_ connection: RawConnection, to size: Int) async throws {
        try await onThread {
            while try size > self.size(connection) {
                for _ in 0..<40 { try connection.send(#"{"method":"io.vaultd.Audit.Query","parameters":{"limit":1}}"#) }
                _ = try connection.replies(40)
            }
        }
    }

    private func call(
        _ connection: RawConnection, _ method: String, _ parameters: String = "{}"
    ) throws -> RawConnection.Reply {
        try #require(
            try connection.call(#"{"method":"io.vaultd.Audit.\#(method)","parameters":\#(parameters)}"#))
    }

    /// All replies of a call with `more`.
    private func callMore(
        _ connection: RawConnection, _ method: String, _ parameters: String = "{}"
    ) throws -> [JSONValue] {
        try connection.send(#"{"method":"io.vaultd.Audit.\#(method)","parameters":\#(parameters),"more":true}"#)
        var found: [JSONValue] = []
        while true {
            // One read may bring the end of one reply and the next one whole.
            let replies = try connection.replies(1)
            try #require(!replies.isEmpty, "the broker hung up")
            for reply in replies {
                try #require(reply.error == nil, "\(reply.value)")
                found.append(reply.parameters)
                if reply.value["continues"]?.bool != true { return found }
            }
        }
    }

    private static func hashes(_ base64: JSONValue?) -> [TreeHash]? {
        (base64?.string).flatMap { Data(base64Encoded: $0) }.flatMap { Tile.hashes(in: Array($0)) }
    }

    private func checkpoint(_ connection: RawConnection, since: UInt64? = nil) throws -> (
        checkpoint: Checkpoint, note: SignedNote, key: NoteKey, path: [TreeHash]
    ) {
        let reply = try call(connection, "Checkpoint", since.map { #"{"since":\#($0)}"# } ?? "{}").parameters
        let key = try NoteKey(try #require(reply["key"]?.string))
        let note = try SignedNote(parsing: try #require(reply["note"]?.string))
        let hashes = try #require(reply["consistency"]?.array).map { value in
            try #require(Self.hashes(value)?.first)
        }
        return (try Checkpoint(verifying: note, origin: key.name, keys: [key]), note, key, hashes)
    }

    private func size(_ connection: RawConnection) throws -> Int {
        Int(try checkpoint(connection).checkpoint.size)
    }

    /// The exact bytes of every record, and the hashes of those that were pruned, hashed into a tree.
    private func export(_ connection: RawConnection, to size: UInt64) throws -> (
        tree: MerkleTree, texts: [UInt64: String]
    ) {
        var tree = MerkleTree()
        var texts: [UInt64: String] = [:]
        for part in try callMore(connection, "Export", #"{"to":\#(size)}"#) {
            for tile in part["tiles"]?.array ?? [] {
                #expect(tile["index"]?.integer == Int64(tree.size / 256))
                for hash in try #require(Self.hashes(tile["hashes"])) { tree.append(hash) }
            }
            for entry in part["entries"]?.array ?? [] {
                #expect(entry["record"]?.integer == Int64(tree.size))
                let text = try #require(entry["text"]?.string)
                texts[tree.size] = text
                tree.append(.leaf(Array(text.utf8)))
            }
        }
        return (tree, texts)
    }

    @Test("What Export gives hashes to the signed root, and one checkpoint is consistent with another")
    func exportAndCheckpoint() async throws {
        let (daemon, connection) = try await serving()
        defer { withExtendedLifetime(daemon) {} }
        try await onThread {
            let first = try checkpoint(connection)
            let (tree, texts) = try export(connection, to: first.checkpoint.size)
            #expect(tree.root == first.checkpoint.root)
            #expect(texts.values.contains { $0.contains(#""type":"grant""#) })
            // That it was read is recorded, with the next commit.
            var second = first
            for _ in 0..<1000 where second.checkpoint.size == first.checkpoint.size {
                second = try checkpoint(connection, since: first.checkpoint.size)
            }
            #expect(second.checkpoint.size > first.checkpoint.size)
            let proof = ConsistencyProof(
                oldSize: first.checkpoint.size, newSize: second.checkpoint.size, path: second.path)
            #expect(proof.proves(first.checkpoint.root, isPrefixOf: second.checkpoint.root))
            #expect(try call(connection, "Checkpoint", #"{"since":1000000}"#).error != nil)
        }
    }

    @Test("A receipt proves a record to whoever has its bytes and the key, also one that was written just now")
    func prove() async throws {
        let (daemon, connection) = try await serving()
        defer { withExtendedLifetime(daemon) {} }
        try await onThread {
            let key = try checkpoint(connection).key
            let newest = try size(connection)
            for index in [0, newest / 2, newest] {
                let text = try #require(
                    try call(connection, "Prove", #"{"record":\#(index)}"#).parameters["proof"]?.string)
                let (_, texts) = try export(connection, to: UInt64(index) + 1)
                let leaf = Array(try #require(texts[UInt64(index)]).utf8)
                let proof = try LogProof(parsing: text)
                #expect(try proof.verify(leaf: leaf, origin: key.name, keys: [key]).size > UInt64(index))
                #expect(throws: NoteError.self) {
                    _ = try proof.verify(leaf: leaf + [32], origin: key.name, keys: [key])
                }
            }
            #expect(try call(connection, "Prove", #"{"record":1000000}"#).error == "io.vaultd.Broker.NotFound")
        }
    }

    @Test("Summaries count by each key")
    func summarize() async throws {
        let (daemon, connection) = try await serving(opens: 7)
        defer { withExtendedLifetime(daemon) {} }
        try await onThread {
            func counts(_ by: String, _ more: String = "") throws -> [JSONValue] {
                try #require(
                    try call(connection, "Summarize", #"{"by":"\#(by)"\#(more)}"#).parameters["counts"]?.array)
            }
            let names = try counts("capability")
            #expect(names.first?["key"]?.string == "files/secret")
            #expect(names.first?["grants"]?.integer == 7)
            #expect(names.contains { $0["key"]?.string == "nothing" && $0["denials"]?.integer == 1 })
            #expect(try counts("uid").first?["key"]?.string == "\(StandardVault.reader)")
            #expect(try counts("rule").first?["key"]?.string == "reader-opens-all-but-what-is-hidden")
            let hours = try counts("time", #","everyUSec":3600000000"#)
            #expect(hours.compactMap { $0["grants"]?.integer }.reduce(0, +) == 7)
            #expect(try counts("user", #","filter":{"uid":[99999]}"#).isEmpty)
            #expect(try call(connection, "Summarize", #"{"by":"weather"}"#).error != nil)
        }
    }

    @Test("Whoever follows is told of each commit, and not of itself; it ends with the daemon")
    func follow() async throws {
        let (daemon, connection) = try await serving(opens: 1)
        let follower = try RawConnection(to: daemon.socket)
        let start = try await onThread {
            try follower.send(
                #"{"method":"io.vaultd.Audit.Query","parameters":{"follow":true},"more":true}"#)
            return try #require(try follower.reply()).parameters
        }
        #expect(start["entries"]?.array?.isEmpty == false)
        #expect(try await daemon.vault("cat", "files/secret", uid: StandardVault.otherUser).status.isSuccess)
        try await onThread {
            var told: [String] = []
            while !told.contains(where: { $0.contains(#""type":"delivery""#) }) {
                let reply = try #require(try follower.reply(limit: .seconds(5)))
                told += try #require(reply.parameters["entries"]?.array).compactMap { $0["text"]?.string }
            }
            #expect(told.contains { $0.contains(#""type":"grant""#) })
            #expect(!told.contains { $0.contains("audit.read") })
            // Others who read are told of.
            _ = try size(connection)
            let reply = try #require(try follower.reply(limit: .seconds(5)))
            #expect("\(reply.value)".contains("audit.read"))
        }
        try await daemon.terminate()
        let last = try await onThread { try follower.replies(10) }
        #expect(last.last.map { $0.value["continues"]?.bool != true } ?? false)
    }

    @Test(
        "Who follows is told nothing more once the right to read the log is revoked, and the denial is recorded",
        .enabled(if: Command.canChangeUser, "needs root and setpriv: the reader is another user"))
    func followRevoked() async throws {
        let daemon = try await StandardVault.start()
        let granted = try await daemon.vault(
            "grant", "--action", "audit", "--to", "uid:\(StandardVault.stranger)", "--id", "reads-the-log")
        try #require(granted.status.isSuccess, "\(granted.errorText)")
        async let follow = daemon.vault(
            "audit", "list", "--follow", "--output", "jsonl", uid: StandardVault.stranger)
        try await waitUntil("the stranger reads the log") {
            try await daemon.vault("audit", "list", "--type", "audit.read", "--uid", "\(StandardVault.stranger)")
                .text.contains("audit.read")
        }
        #expect(try await daemon.vault("revoke", "reads-the-log").status.isSuccess)
        #expect(try await daemon.vault("cat", "files/secret", uid: StandardVault.otherUser).status.isSuccess)
        let followed = try await follow
        #expect(followed.status == .exited(1), "\(followed.errorText)")
        #expect(followed.text.contains(#""type":"rule.add""#))
        #expect(!followed.text.contains(#""type":"grant""#), "\(followed.text)")
        let denied = try await daemon.vault("audit", "list", "--type", "deny", "--output", "jsonl")
        #expect(denied.text.contains(#""action":"audit""#), "\(denied.text)")
    }

    @Test("A cursor goes on where it stood, and is refused by a log that is another one")
    func cursor() async throws {
        let (daemon, connection) = try await serving()
        defer { withExtendedLifetime(daemon) {} }
        try await onThread {
            let page = try call(connection, "Query", #"{"limit":5}"#).parameters
            let cursor = try #require(page["cursor"]?.string)
            let next = try call(connection, "Query", #"{"limit":1,"cursor":"\#(cursor)"}"#).parameters
            #expect(next["entries"]?.array?.first?["record"]?.integer == 5)
            let other = cursor.dropLast(8) + "00000000"
            #expect(
                try call(connection, "Query", #"{"cursor":"\#(other)"}"#).error == "io.vaultd.Audit.CursorLost")
            let beyond = "i:99999:\(cursor.suffix(8))"
            #expect(
                try call(connection, "Query", #"{"cursor":"\#(beyond)"}"#).error == "io.vaultd.Audit.CursorLost")
        }
    }

    @Test(
        "A witness's signature is kept with its checkpoint and comes with receipts; what is none of this log is refused"
    )
    func cosignature() async throws {
        let (daemon, connection) = try await serving()
        defer { withExtendedLifetime(daemon) {} }
        try await onThread {
            let (head, note, key, _) = try checkpoint(connection)
            let witness = try NoteSigner(
                name: "witness.example", algorithm: .cosignature, seed: [UInt8](repeating: 7, count: 32))
            var signed = note
            signed.add([witness.sign(note.text, time: 1_795_224_000)])
            func add(_ note: String) throws -> RawConnection.Reply {
                var writer = JSONWriter(capacity: 1024)
                writer.beginObject()
                writer.member("note", note)
                writer.endObject()
                return try call(
                    connection, "AddCosignature", String(decoding: writer.finish(), as: UTF8.self))
            }
            #expect(try add(signed.published).parameters["record"]?.integer != nil)
            let text = try #require(try call(connection, "Prove", #"{"record":3}"#).parameters["proof"]?.string)
            let proof = try LogProof(parsing: text)
            #expect(try Checkpoint(parsing: proof.checkpoint.text).size == head.size)
            #expect(try Set(proof.checkpoint.verify(with: [key, witness.key])) == [key, witness.key])

            #expect(try add(note.published).error == "io.vaultd.Audit.NoteRefused")
            let forged = try Checkpoint(origin: key.name, size: 3, root: .empty).signed(by: witness)
            #expect(try add(forged.published).error == "io.vaultd.Audit.NoteRefused")
            #expect(
                try add(note.published + "— w/y AAAAAAAAAAA=\n").error == "io.vaultd.Audit.NoteRefused", "too short")
            #expect(try add("nonsense").error == "io.vaultd.Audit.NoteRefused")
        }
    }

    @Test("However many signatures are sent, a receipt stays one that can be read, and what is too much is refused")
    func manyCosignatures() async throws {
        let (daemon, connection) = try await serving()
        defer { withExtendedLifetime(daemon) {} }
        try await onThread {
            let (head, note, key, _) = try checkpoint(connection)
            var refusals = 0
            for round in 0..<3 {
                var signed = note
                for number in 0..<31 {
                    let seed = [UInt8(round), UInt8(number)] + [UInt8](repeating: 9, count: 30)
                    let junk = try NoteSigner(name: "junk.example", algorithm: .cosignature, seed: seed)
                    signed.add([junk.sign(note.text, time: 1)])
                }
                var writer = JSONWriter(capacity: 8192)
                writer.beginObject()
                writer.member("note", signed.published)
                writer.endObject()
                let reply = try call(connection, "AddCosignature", String(decoding: writer.finish(), as: UTF8.self))
                if reply.error == "io.vaultd.Audit.NoteRefused" { refusals += 1 }
            }
            #expect(refusals == 1)
            let text = try #require(try call(connection, "Prove", #"{"record":3}"#).parameters["proof"]?.string)
            let proof = try LogProof(parsing: text)
            #expect(try Checkpoint(verifying: proof.checkpoint, origin: key.name, keys: [key]).size == head.size)
        }
    }

    @Test("Pruning takes texts and keeps proofs, is a record, and the log goes on and starts again")
    func prune() async throws {
        let (daemon, connection) = try await serving()
        try await grow(connection, to: 900)
        let (before, leaf) = try await onThread {
            let (_, texts) = try export(connection, to: 900)
            let reply = try call(connection, "Prune", #"{"before":600}"#)
            #expect(reply.parameters["before"]?.integer == 512, "\(reply.value)")
            let before = try #require(reply.parameters["before"]?.integer)
            #expect(try call(connection, "Prune", #"{"before":512}"#).error != nil)
            return (before, Array(try #require(texts[100]).utf8))
        }
        try await onThread {
            let head = try checkpoint(connection)
            let (tree, texts) = try export(connection, to: head.checkpoint.size)
            #expect(tree.root == head.checkpoint.root)
            #expect(texts.keys.min() == UInt64(before))
            #expect(texts.values.contains { $0.contains(#""type":"prune""#) })
            let text = try #require(try call(connection, "Prove", #"{"record":100}"#).parameters["proof"]?.string)
            #expect(try LogProof(parsing: text).verify(leaf: leaf, origin: head.key.name, keys: [head.key]).size > 100)
            #expect(try call(connection, "Show", #"{"record":100}"#).error == "io.vaultd.Audit.Pruned")
            let first = try call(connection, "Query", #"{"limit":1}"#).parameters["entries"]?.array?.first
            #expect(first?["record"]?.integer == before)
        }
        try await daemon.terminate()
        try await daemon.start()
        #expect(try await daemon.vault("cat", "files/secret", uid: StandardVault.otherUser).status.isSuccess)
        let text = try await daemon.vault("status", "--output", "json").text
        #expect(text.contains("prunedBefore"))
    }

    @Test("Pruning needs the right to administer, beside the one to audit")
    func pruneIsDenied() async throws {
        var options = StandardVault.options
        options.policies["auditor.yaml"] = """
            vault: 1
            rules:
              - id: auditor
                permit: [audit]
                to: { uid: \(StandardVault.reader) }

            """
        guard let reader = StandardVault.otherUser else { return }
        let daemon = try await Daemon.start(options)
        let script = """
            import socket, os, sys
            s = socket.socket(socket.AF_UNIX); s.connect(os.environ["VAULT_SOCKET"])
            for method, parameters in (("Checkpoint", "{}"), ("Prune", '{"before":256}')):
                s.sendall(b'{"method":"io.vaultd.Audit.%s","parameters":%s}\\0' % (method.encode(), parameters.encode()))
                data = b""
                while not data.endswith(b"\\0"): data += s.recv(65536)
                print(data[:-1].decode())
            """
        guard let python = Programs.python else { return }
        let result = try await daemon.client(python, ["-c", script], uid: reader).run()
        let lines = result.text.split(separator: "\n")
        try #require(lines.count == 2, "\(result.errorText)")
        #expect(lines[0].contains("note"))
        #expect(lines[1].contains("Denied"))
    }

    @Test("Questions about the log are charged to who asks, like all that writes records")
    func charged() async throws {
        var options = StandardVault.options
        options.configuration = options.configuration?.replacing("1000000", with: "20")
        let daemon = try await Daemon.start(options)
        let connection = try RawConnection(to: daemon.socket)
        let replies = try await onThread {
            for _ in 0..<60 { try connection.send(#"{"method":"io.vaultd.Audit.Show","parameters":{"record":0}}"#) }
            return try connection.replies(60)
        }
        // They may come in two seconds of the clock.
        let refused = replies.filter { $0.error == "io.vaultd.Broker.QuotaExceeded" }
        #expect((20..<60).contains(refused.count), "\(refused.count) of \(replies.count)")
        #expect(refused.allSatisfy { $0.parameters["limit"] == "records-per-uid" })
    }
}
