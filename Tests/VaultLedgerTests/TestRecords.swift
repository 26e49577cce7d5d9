// SPDX-License-Identifier: Apache-2.0

import TransparencyLog
import VaultLedger
import VaultModel

@testable import Records

/// Records as the broker writes them, for tests.
enum TestRecords {
    static let alice = Identity(
        uid: 1000, gid: 1000, groups: [4, 1000], label: .known(nil), pid: 4711, pidfdInode: 9182, userName: "alice",
        cgroup: .known("/user.slice/user-1000.slice/session-2.scope"), unit: .known("session-2.scope"),
        loginuid: .known(1000), session: .known(2), namespace: .known("host"), exe: .known("/usr/bin/cat"))

    static let peer = PeerText(alice)

    private static let bootID = "9d6bd1a2-6a0e-4b4e-9c1e-0e5a2f1b7c11"

    /// A record of any form.
    static func begin(_ index: UInt64, _ type: RecordType, timeUSec: Int64 = 1) -> RecordText {
        RecordText(
            RecordHead(index: index, timeUSec: timeUSec, bootTimeUSec: 1, bootID: bootID), type,
            hash: TreeHash.hexadecimalDigest)
    }

    static func text(_ index: UInt64, _ record: Record, timeUSec: Int64? = nil) -> [UInt8] {
        record.encoded(
            RecordHead(
                index: index, timeUSec: timeUSec ?? 1_795_224_000_000_000 + Int64(index), bootTimeUSec: 81_234_567,
                bootID: bootID), hash: TreeHash.hexadecimalDigest)
    }

    static func grant(
        _ index: UInt64, name: String = "logs/web/access", request: String = "r1", peer: PeerText = peer,
        timeUSec: Int64? = nil
    ) -> [UInt8] {
        text(
            index,
            .grant(
                .init(
                    request: request, policy: PolicyStamp(revision: 3, sha256: TreeHash.empty.hexadecimal), peer: peer,
                    capability: CapabilityText(name: name, kind: "file", rights: ["read"], delivery: "fresh"),
                    rules: ["web-reads-its-log"], charged: "web-reads-its-log")), timeUSec: timeUSec)
    }

    static func delivery(_ index: UInt64, _ report: DeliveryReport) -> [UInt8] {
        text(index, .delivery(report))
    }

    static func grants(from index: UInt64, count: Int) -> Batch {
        Batch(
            firstIndex: index, leaves: (0..<count).map { grant(index + UInt64($0)) },
            lastTimeUSec: 1_795_224_000_000_000 + Int64(index) + Int64(count))
    }

    static func grants(from index: UInt64, names: [String]) -> Batch {
        Batch(
            firstIndex: index, leaves: zip(index..., names).map { grant($0, name: $1) },
            lastTimeUSec: 1_795_224_000_000_000 + Int64(index) + Int64(names.count))
    }

    /// The least that is a record, for where there are many.
    static func plain(_ index: UInt64) -> [UInt8] {
        Array(#"{"v":1,"index":\#(index),"type":"start"}"#.utf8)
    }

    static func plain(from index: UInt64, count: Int) -> Batch {
        Batch(firstIndex: index, leaves: (0..<count).map { plain(index + UInt64($0)) }, lastTimeUSec: 1)
    }
}

extension PeerText {
    init(_ identity: Identity) { self.init(identity, hash: TreeHash.hexadecimalDigest) }
}
