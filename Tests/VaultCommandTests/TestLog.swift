// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSONText
import TransparencyLog

/// A log of records, signed, as a broker answers about it. A test changes what it likes.
struct TestLog: Sendable {
    static let origin = "vault.example/audit"

    var records: [String]
    /// The signed checkpoint of all records.
    let note: SignedNote
    let signer: NoteSigner
    /// How many of the records, in whole tiles, give only their hashes.
    var pruned = 0
    /// What the leaves hashed to when it was signed.
    private let hashes: [TreeHash]

    init(_ count: Int, seed: UInt8 = 1) throws {
        try self.init(
            records: (0..<count).map {
                #"{"v":1,"index":\#($0),"type":"grant","timeUSec":\#(1_795_224_000_000_000 + $0)}"#
            }, seed: seed)
    }

    init(records: [String], seed: UInt8 = 1) throws {
        self.records = records
        signer = try NoteSigner(name: Self.origin, seed: [UInt8](repeating: seed, count: 32))
        hashes = records.map { .leaf(Array($0.utf8)) }
        note = try Self.checkpoint(hashes).signed(by: signer)
    }

    var key: String { signer.key.description }

    /// A checkpoint of the first records, as it was then.
    func checkpoint(of size: Int) throws -> String {
        try Self.checkpoint(Array(hashes.prefix(size))).signed(by: signer).published
    }

    private static func checkpoint(_ hashes: [TreeHash]) -> Checkpoint {
        var tree = MerkleTree()
        for hash in hashes { tree.append(hash) }
        return Checkpoint(origin: origin, size: tree.size, root: tree.root)
    }

    private var tiles: TileReader<Never> {
        TileReader(size: UInt64(hashes.count)) { [hashes] level, index, width in
            func node(_ level: Int, _ index: Int) -> TreeHash {
                if level == 0 { return hashes[index] }
                return .perfectRoot(of: (0..<256).map { node(level - 1, index * 256 + $0) }[...])
            }
            return (0..<width).map { node(level, Int(index) * 256 + $0) }
        }
    }

    /// A receipt.
    func proof(of index: Int) -> String {
        var tiles = tiles
        let proof = InclusionProof(index: UInt64(index), size: UInt64(hashes.count), tiles: &tiles)
        let extra = index < pruned ? nil : Array(records[index].utf8)
        return LogProof(index: UInt64(index), path: proof.path, extra: extra, checkpoint: note).text
    }

    func answer(_ call: FakeBroker.Call) -> FakeBroker.Answer {
        let parameters = call.parameters
        switch call.method {
        case "io.vaultd.Audit.Checkpoint":
            var path: [TreeHash] = []
            if let since = parameters["since"]?.integer {
                var tiles = tiles
                path = ConsistencyProof(from: UInt64(since), to: UInt64(hashes.count), tiles: &tiles).path
            }
            return .reply([
                "note": .string(note.published), "key": .string(key),
                "consistency": .array(path.map { .string(Data($0.bytes).base64EncodedString()) }),
            ])
        case "io.vaultd.Audit.Export": return export(Int(parameters["from"]?.integer ?? 0), parameters["to"]?.integer)
        case "io.vaultd.Audit.Prove":
            return .reply(["proof": .string(proof(of: Int(parameters["record"]?.integer ?? 0)))])
        case "io.vaultd.Audit.Prune":
            return .reply(["record": .integer(Int64(records.count)), "before": parameters["before"] ?? 0])
        case "io.vaultd.Audit.Query":
            let isFirst = parameters["limit"] == 1 && parameters["reverse"] == nil
            let last = isFirst ? pruned : records.count - 1
            return .reply([
                "entries": [["record": .integer(Int64(last)), "text": .string(records[last])]],
                "cursor": .string("i:\(last)"),
            ])
        default: return .error("org.varlink.service.MethodNotFound", ["method": .string(call.method)])
        }
    }

    /// In pages of 100 records.
    private func export(_ from: Int, _ to: Int64?) -> FakeBroker.Answer {
        let end = min(to.map(Int.init) ?? records.count, records.count)
        var replies: [JSONValue] = []
        let tiles = stride(from: 0, to: min(pruned, end), by: 256).map { start -> JSONValue in
            let bytes = hashes[start..<start + 256].flatMap(\.bytes)
            return ["index": .integer(Int64(start / 256)), "hashes": .string(Data(bytes).base64EncodedString())]
        }
        if !tiles.isEmpty { replies.append(["entries": [], "tiles": .array(tiles)]) }
        for start in stride(from: max(from, pruned), to: end, by: 100) {
            let entries = (start..<min(start + 100, end)).map { index -> JSONValue in
                ["record": .integer(Int64(index)), "text": .string(records[index])]
            }
            replies.append(["entries": .array(entries)])
        }
        return FakeBroker.Answer(replies: replies.isEmpty ? [["entries": []]] : replies)
    }
}
