// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Foundation
import JSONText
import Testing
import TransparencyLog
import VaultTestKit

@Suite("A log that the broker exports")
struct AuditStreamTests {
    private func broker(_ log: TestLog) throws -> FakeBroker { try FakeBroker { log.answer($0) } }

    @Test(
        "an intact log verifies, with the key that was kept and against a kept checkpoint, or the checkpoint in a receipt"
    )
    func intact() async throws {
        let log = try TestLog(1000)
        let broker = try broker(log)
        let plain = try await broker.vault("audit", "verify")
        #expect(plain.status.isSuccess, "\(plain.errorText)")
        #expect(plain.text.contains("records     1000, all hashed again\n"))
        #expect(plain.text.contains(", as the log itself says: compare it with one that was kept\n"))
        #expect(plain.text.hasSuffix("verdict     intact\n"))
        try broker.directory.write(log.key + "\n", to: "key")
        try broker.directory.write(try log.checkpoint(of: 300), to: "kept")
        try broker.directory.write(log.proof(of: 5), to: "receipt")
        for kept in ["kept", "receipt"] {
            let result = try await broker.vault("audit", "verify", "--key", "key", "--from", kept, "-o", "json")
            #expect(result.status.isSuccess, "\(result.errorText)")
            let verdict = try JSONValue(parsing: result.text)
            #expect(verdict["intact"] == true)
            #expect(verdict["keyIsClaimed"] == false)
            #expect(verdict["kept"]?["size"] == .integer(kept == "kept" ? 300 : 1000))
            #expect(verdict["damage"] == [])
        }
    }

    /// What somebody does to the records, and what is said of it.
    static let damage: [(name: String, change: @Sendable (inout [String]) -> Void, message: String)] = [
        ("edited", { $0[700] += " " }, "one of the records 0 to 999 was edited"),
        ("deleted", { $0.remove(at: 123) }, "record 123 is missing: record 124 stands in its place"),
        ("swapped", { $0.swapAt(400, 500) }, "record 400 is missing: record 500 stands in its place"),
        ("inserted", { $0.insert($0[10], at: 600) }, "record 600 is out of its place: record 10 stands there"),
        ("cut", { $0.removeLast(50) }, "the records from 950 to 999 are missing at the end"),
    ]

    @Test("each kind of damage has words of its own, and status 5", arguments: damage.map(\.name))
    func damaged(name: String) async throws {
        var log = try TestLog(1000)
        let kind = try #require(Self.damage.first { $0.name == name })
        kind.change(&log.records)
        let broker = try broker(log)
        let result = try await broker.vault("audit", "verify")
        #expect(result.status == .exited(5))
        #expect(result.text.contains("WRONG       \(kind.message)"))
        #expect(result.errorText.hasPrefix("vault: audit verify: the log is not what it was: \(kind.message)"))
        #expect(result.errorText.contains("\nTry: a copy from before; nothing from record "))
        // What was kept narrows it down.
        try broker.directory.write(try TestLog(1000).checkpoint(of: 650), to: "kept")
        let narrowed = try await broker.vault("audit", "verify", "--from", "kept")
        #expect(narrowed.status == .exited(5))
        if name == "edited" { #expect(narrowed.text.contains("one of the records 650 to 999 was edited")) }
    }

    @Test("a log that was cut and signed anew, another log, and another key are found by what was kept")
    func replaced() async throws {
        let before = try TestLog(1000)
        let short = try broker(try TestLog(900))
        try short.directory.write(try before.checkpoint(of: 1000), to: "kept")
        let cut = try await short.vault("audit", "verify", "--from", "kept")
        #expect(cut.status == .exited(5))
        #expect(
            cut.text.contains(
                "WRONG       the log was cut or rolled back: it has 900 records, and kept was signed over 1000"))

        var other = try TestLog(1000)
        other.records[3] = other.records[3] + " "
        // As one who has the signing key would do it.
        let forged = try broker(try TestLog(records: other.records))
        try forged.directory.write(try before.checkpoint(of: 500), to: "kept")
        #expect(try await forged.vault("audit", "verify").status.isSuccess)
        let found = try await forged.vault("audit", "verify", "--from", "kept")
        #expect(found.status == .exited(5))
        #expect(
            found.text.contains(
                "WRONG       the log was replaced or altered: its first 500 records are not those that kept"))

        let another = try broker(try TestLog(1000, seed: 2))
        let wrongKey = try await another.vault("audit", "verify", "--key", before.key)
        #expect(wrongKey.status == .exited(5))
        #expect(wrongKey.errorText.hasPrefix("vault: audit verify: it is not signed by the key that was given: "))
        #expect(wrongKey.errorText.contains("\nTry: --key, with the key of this log; "))
        #expect(wrongKey.text.contains("WRONG       the checkpoint does not verify: no signature is by a trusted key"))
        try another.directory.write(try before.checkpoint(of: 500), to: "kept")
        let proves = try await another.vault("audit", "verify", "--from", "kept")
        #expect(proves.status == .exited(5))
        #expect(proves.errorText.hasPrefix("vault: audit verify: kept: this proves nothing: "))
    }

    @Test("records whose texts were pruned are verified by their hashes, and the archive of them alone")
    func pruned() async throws {
        var log = try TestLog(1100)
        let whole = try broker(log)
        let prune = try await whole.vault("audit", "prune", "--before", "600", "--archive", "old")
        #expect(prune.status.isSuccess, "\(prune.errorText)")
        #expect(prune.text == "pruned: the log has texts from record 512 on (record 1100); they are in old\n")
        let call = try #require(whole.calls.last)
        #expect(call.method == "io.vaultd.Audit.Prune")
        #expect(call.parameters["before"] == 512)
        let sum = try await Command("sha256sum", whole.directory.path("old").string).run().text.prefix(64)
        #expect(call.parameters["archiveSha256"] == .string(String(sum)))
        let archive = try await whole.vault("audit", "verify", "--archive", "old", "--key", log.key)
        #expect(archive.status.isSuccess, "\(archive.errorText)")
        #expect(archive.text.contains("records     512, all hashed again\n"))
        let again = try await whole.vault("audit", "prune", "--before", "600", "--archive", "old")
        #expect(again.status == .exited(4))
        #expect(
            again.errorText
                == "vault: audit prune: old: File exists\nTry: another file: an archive is never overwritten\n")

        log.pruned = 512
        let rest = try broker(log)
        let verified = try await rest.vault("audit", "verify")
        #expect(verified.status.isSuccess, "\(verified.errorText)")
        #expect(verified.text.contains("note        the texts of records 0 to 511 were pruned"))
        #expect(verified.text.contains("records     1100, those from 512 on hashed again\n"))
        // The second archive begins where the first one ended, and stands alone too.
        let second = try await rest.vault("audit", "prune", "--before", "800", "--archive", "new")
        #expect(second.status.isSuccess, "\(second.errorText)")
        #expect(try rest.directory.read("new").split(separator: "\n").count == 1 + 256)
        let alone = try await rest.vault("audit", "verify", "--archive", "new", "--key", log.key)
        #expect(alone.status.isSuccess, "\(alone.errorText)")
        #expect(alone.text.contains("records     512 to 767, all hashed again\n"))
    }

    @Test("an archive that was edited does not verify")
    func editedArchive() async throws {
        let log = try TestLog(600)
        let broker = try broker(log)
        // Links of somebody else where a draft of it would be.
        try broker.directory.write("kept", to: "victim")
        for name in ["all.partial", "tiles/checkpoint.new"] {
            mkdir(broker.directory.path("tiles").string, 0o755)
            symlink(broker.directory.path("victim").string, "\(broker.directory.path)/\(name)")
        }
        let first = try await broker.vault("audit", "export", "--format", "archive", "--out", "all")
        #expect(first.status.isSuccess && first.text.hasSuffix("  all\n"), "\(first.text)\(first.errorText)")
        #expect(try await broker.vault("audit", "export", "--format", "archive", "all").text == first.text)
        #expect(try await broker.vault("audit", "export", "--format", "tiles", "--out", "tiles").status.isSuccess)
        #expect(try broker.directory.read("victim") == "kept")
        let text = try broker.directory.read("all")
        try broker.directory.write(
            text.replacingOccurrences(of: #""index":77,"type":"grant""#, with: #""index":77,"type":"other""#),
            to: "edited")
        let edited = try await broker.vault("audit", "verify", "--archive", "edited")
        #expect(edited.status == .exited(5))
        #expect(edited.text.contains("WRONG       one of the records 0 to 599 was edited"))
        try broker.directory.write(String(text.dropLast(30)), to: "cut")
        let cut = try await broker.vault("audit", "verify", "--archive", "cut")
        #expect(
            cut.text.contains("the records from 599 to 599 are missing at the end, and record 599 itself is cut off"))
        try broker.directory.write("not an archive\n", to: "other")
        let other = try await broker.vault("audit", "verify", "--archive", "other")
        #expect(other.status == .exited(5))
        #expect(other.errorText.hasPrefix("vault: audit verify: this is no archive of a log"))
        #expect(try await broker.vault("audit", "verify", "--archive", "missing").status == .exited(4))
    }

    @Test(
        "a checkpoint over more than an archive holds cannot be compared, and status 5 says so, unless it is the archive's own; one over more than the log ever had is told"
    )
    func keptBeside() async throws {
        let log = try TestLog(1000)
        let broker = try broker(log)
        _ = try await broker.vault("audit", "prune", "--before", "512", "--archive", "old")
        try broker.directory.write(try log.checkpoint(of: 900), to: "later")
        let later = try await broker.vault("audit", "verify", "--archive", "old", "--from", "later")
        #expect(later.status == .exited(5))
        #expect(
            later.errorText.hasPrefix("vault: audit verify: what is here is intact, but later is about 900 records, "))
        try broker.directory.write(log.note.published, to: "own")
        let own = try await broker.vault("audit", "verify", "--archive", "old", "--from", "own")
        #expect(own.status.isSuccess && own.text.contains("kept        own, of 1000 records"), "\(own.errorText)")
        #expect(later.text.contains("note        later is about 900 records, which do not end within these"))
        try broker.directory.write(try TestLog(1200).checkpoint(of: 1200), to: "longer")
        let longer = try await broker.vault("audit", "verify", "--archive", "old", "--from", "longer")
        #expect(longer.status == .exited(5))
        #expect(longer.text.contains("WRONG       the log was cut or rolled back: it has 1000 records"))
    }

    @Test("numbers that no log reaches are told as what is wrong with them")
    func numbers() async throws {
        let log = try TestLog(600)
        let broker = try broker(log)
        #expect(try await broker.vault("audit", "export", "--format", "archive", "all").status.isSuccess)
        let lines = try broker.directory.read("all").split(separator: "\n")
        let hashes = Data([UInt8](repeating: 7, count: 8192)).base64EncodedString()
        for index in ["9223372036854775807", "72057594037927936", "-1"] {
            try broker.directory.write(
                "\(lines[0])\n{\"tile\":\(index),\"hashes\":\"\(hashes)\"}\n", to: "tile")
            let tile = try await broker.vault("audit", "verify", "--archive", "tile")
            #expect(tile.status == .exited(5))
            #expect(tile.text.contains("WRONG       the hashes from record 0 on are not those of 256 records"))
        }
        let checkpoint = Checkpoint(origin: TestLog.origin, size: .max, root: .empty)
        try broker.directory.write(checkpoint.signed(by: log.signer).published, to: "kept")
        let kept = try await broker.vault("audit", "verify", "--archive", "all", "--from", "kept", "-o", "json")
        #expect(kept.status == .exited(5))
        #expect(try JSONValue(parsing: kept.text)["kept"]?["size"] == .integer(.max))

        // 63 siblings on the way from the last leaf of the largest tree but one.
        let siblings = [TreeHash](repeating: .empty, count: 63)
        let root = siblings.reduce(TreeHash.leaf([0x7B])) { .node($1, $0) }
        let head = Checkpoint(origin: TestLog.origin, size: 1 << 63, root: root)
        let receipt = LogProof(
            index: (1 << 63) - 1, path: siblings, extra: [0x7B], checkpoint: try head.signed(by: log.signer))
        try broker.directory.write(receipt.text, to: "receipt")
        let far = try await broker.vault("audit", "verify-receipt", "receipt", "--key", log.key, "-o", "json")
        #expect(far.status.isSuccess, "\(far.errorText)")
        #expect(try JSONValue(parsing: far.text)["checkpoint"]?["size"] == .integer(.max))
    }

    @Test("a broker that has texts and keeps some in their middle to itself is found out")
    func withheld() async throws {
        let log = try TestLog(600)
        let broker = try FakeBroker { call in
            guard call.method == "io.vaultd.Audit.Export" else { return log.answer(call) }
            func entries(_ range: Range<Int>) -> JSONValue {
                .array(range.map { ["record": .integer(Int64($0)), "text": .string(log.records[$0])] })
            }
            let hashes = log.records[256..<512].flatMap { TreeHash.leaf(Array($0.utf8)).bytes }
            let tile: JSONValue = ["index": 1, "hashes": .string(Data(hashes).base64EncodedString())]
            return .reply(["entries": entries(0..<256)], ["entries": entries(512..<600), "tiles": [tile]])
        }
        let result = try await broker.vault("audit", "verify")
        #expect(result.status == .exited(5))
        #expect(
            result.text.contains(
                "WRONG       the texts from record 256 on are missing, and those before them are there"))
    }

    @Test("no archive is left behind of a log that does not fit its checkpoint, and nothing is pruned")
    func damagedPrune() async throws {
        var log = try TestLog(600)
        log.records[9] += " "
        let broker = try broker(log)
        let result = try await broker.vault("audit", "prune", "--before", "600", "--archive", "old")
        #expect(result.status == .exited(5))
        #expect(!broker.calls.contains { $0.method == "io.vaultd.Audit.Prune" })
        #expect(try FileManager.default.contentsOfDirectory(atPath: broker.directory.path.string) == ["vault.sock"])
    }

    @Test("an export of tiles has what C2SP tlog-tiles wants, and a later one adds to it")
    func tiles() async throws {
        let first = try broker(try TestLog(300))
        let directory = first.directory.path("tiles")
        #expect(try await first.vault("audit", "export", "--format", "tiles", directory.string).status.isSuccess)
        let log = try TestLog(600)
        let second = try broker(log)
        let result = try await second.vault("audit", "export", "--format", "tiles", directory.string)
        #expect(result.status.isSuccess, "\(result.errorText)")
        func bytes(_ path: String) throws -> [UInt8] {
            [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(path)")))
        }
        #expect(try bytes("checkpoint") == Array(log.note.published.utf8))
        let leaves = log.records.map { TreeHash.leaf(Array($0.utf8)) }
        #expect(try bytes("tile/0/001") == leaves[256..<512].flatMap(\.bytes))
        #expect(try bytes("tile/0/002.p/88") == leaves[512...].flatMap(\.bytes))
        #expect(
            try bytes("tile/1/000.p/2")
                == [leaves[..<256], leaves[256..<512]].flatMap { TreeHash.perfectRoot(of: $0).bytes })
        let entries = log.records[512...].flatMap {
            [UInt8($0.utf8.count >> 8), UInt8($0.utf8.count & 255)] + Array($0.utf8)
        }
        #expect(try bytes("tile/entries/002.p/88") == entries)
        #expect(
            try bytes("tile/entries/000").starts(
                with: [0, UInt8(log.records[0].utf8.count)] + Array(log.records[0].utf8)))
        // An older copy of the log, and garbage in place of the checkpoint: nothing is written.
        for (size, found) in [(300, "this is over 600 records, and the log has 300"), (600, "this is no checkpoint")] {
            if size == 600 {
                try Array("garbage".utf8).withUnsafeBytes {
                    try Data($0).write(to: URL(fileURLWithPath: "\(directory)/checkpoint"))
                }
            }
            let before = try bytes("checkpoint")
            let older = try broker(try TestLog(size))
            let refused = try await older.vault("audit", "export", "--format", "tiles", directory.string)
            #expect(refused.status == .exited(5))
            #expect(
                refused.errorText.hasPrefix("vault: audit export: \(directory)/checkpoint: \(found)"),
                "\(refused.errorText)")
            #expect(try bytes("checkpoint") == before)
        }
        // Records that are not those of the checkpoint, in a directory that has nothing else.
        let empty = second.directory.path("empty")
        try FileManager.default.createDirectory(atPath: empty.string, withIntermediateDirectories: false)
        try log.checkpoint(of: 300).write(toFile: "\(empty)/checkpoint", atomically: false, encoding: .utf8)
        var forged = log.records
        forged[3] += " "
        let differs = try await broker(try TestLog(records: forged)).vault(
            "audit", "export", "--format", "tiles", empty.string)
        #expect(differs.status == .exited(5))
        #expect(differs.errorText.contains("the first 300 records of this log are not those that it was signed over"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: empty.string) == ["checkpoint"])
        #expect(try await second.vault("audit", "export", "--format", "tiles", empty.string).status.isSuccess)
        let file = second.directory.path("empty/checkpoint").string
        let onFile = try await second.vault("audit", "export", "--format", "tiles", file)
        #expect(onFile.status == .exited(4))
        #expect(onFile.errorText.hasPrefix("vault: audit export: \(file): Not a directory\n"))
        try log.note.published.write(toFile: "\(directory)/checkpoint", atomically: false, encoding: .utf8)
        var other = log
        other.records[0] += " "
        let mixed = try broker(try TestLog(records: other.records))
        let refused = try await mixed.vault("audit", "export", "--format", "tiles", directory.string)
        #expect(refused.status == .exited(5))
        #expect(refused.errorText.contains("tile/0/000: this is of another log, or was changed\n"))
    }

    @Test("a later export of tiles asks for what is new, and for all where anything is missing of what was there")
    func newTiles() async throws {
        let first = try broker(try TestLog(20_000))
        let directory = first.directory.path("tiles").string
        #expect(try await first.vault("audit", "export", "--format", "tiles", directory).status.isSuccess)
        let log = try TestLog(20_300)
        func exported() async throws -> (from: JSONValue?, text: String) {
            let later = try broker(log)
            let result = try await later.vault("audit", "export", "--format", "tiles", directory)
            #expect(result.status.isSuccess, "\(result.errorText)")
            return (later.calls.last { $0.method.hasSuffix("Export") }?.parameters["from"], result.text)
        }
        let (from, text) = try await exported()
        #expect(from == .integer(19_968))
        #expect(text == "\(directory): 20300 records, and a checkpoint over them\n")
        func bytes(_ path: String) throws -> [UInt8] {
            [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(path)")))
        }
        let leaves = log.records.map { TreeHash.leaf(Array($0.utf8)) }
        #expect(try bytes("tile/0/078") == leaves[19_968..<20_224].flatMap(\.bytes))
        #expect(
            try bytes("tile/1/000.p/79")
                == (0..<79).flatMap { TreeHash.perfectRoot(of: leaves[$0 * 256..<($0 + 1) * 256]).bytes })
        #expect(try bytes("checkpoint") == Array(log.note.published.utf8))
        #expect(try await exported().from == .integer(20_224))
        for path in ["tile/entries/003", "tile/0/070"] {
            let before = try bytes(path)
            try FileManager.default.removeItem(atPath: "\(directory)/\(path)")
            #expect(try await exported().from == 0, "\(path)")
            #expect(try bytes(path) == before)
        }
    }

    @Test("lines are the exact bytes of the records")
    func lines() async throws {
        let log = try TestLog(250)
        let broker = try broker(log)
        #expect(try await broker.vault("audit", "export").text == log.records.map { $0 + "\n" }.joined())
        #expect(try await broker.vault("audit", "export", "--from", "249", "out").status.isSuccess)
        #expect(try broker.directory.read("out") == log.records[249] + "\n")
    }

    @Test("a receipt verifies without the log; one that was changed, or is of another log, does not")
    func receipts() async throws {
        let log = try TestLog(700)
        let broker = try broker(log)
        #expect(try await broker.vault("audit", "prove", "513", "--out", "r").status.isSuccess)
        let result = try await broker.vault("audit", "verify-receipt", "r", "--key", log.key)
        #expect(result.status.isSuccess, "\(result.errorText)")
        #expect(result.text.hasSuffix("verdict     the log has this record:\n\n\(log.records[513])\n"))
        let claimed = try await broker.vault("audit", "verify-receipt", "r")
        #expect(claimed.text.contains(", as the broker says: compare it with one that was kept\n"))
        let other = try await broker.vault("audit", "verify-receipt", "r", "--key", try TestLog(1, seed: 2).key)
        #expect(other.status == .exited(5))
        #expect(
            other.errorText.hasPrefix(
                "vault: audit verify-receipt: r: this proves nothing: no signature is by a trusted key"))
        let receipt = try broker.directory.read("r")
        try broker.directory.write(receipt.replacingOccurrences(of: "index 513\n", with: "index 512\n"), to: "moved")
        let moved = try await broker.vault("audit", "verify-receipt", "moved", "--key", log.key)
        #expect(moved.status == .exited(5))
        #expect(moved.errorText.contains("the record is not the one at index 512 of the tree that was signed"))
    }

    @Test("a receipt of a pruned record needs the record's line of the archive")
    func prunedReceipts() async throws {
        var log = try TestLog(700)
        log.pruned = 256
        let broker = try broker(log)
        try await broker.directory.write(broker.vault("audit", "prove", "3").text, to: "r")
        let alone = try await broker.vault("audit", "verify-receipt", "r", "--key", log.key)
        #expect(alone.status == .exited(2))
        try broker.directory.write(log.records[3] + "\n", to: "line")
        let result = try await broker.vault("audit", "verify-receipt", "r", "--key", log.key, "--record", "line")
        #expect(result.status.isSuccess, "\(result.errorText)")
    }
}
