// SPDX-License-Identifier: Apache-2.0

import Records
import TransparencyLog
import VaultModel

/// Records of each kind: with everything that it can have, without what it can lack, and too large.
///
/// `Golden/records.txt` has their bytes in the same order, as the program wrote them before there was a type for records.
/// They never change: the hashes of logs that exist rest on them.
enum GoldenRecords {
    static let alice = Identity(
        uid: 1000, gid: 1000, groups: [4, 1000], label: .known("staff_u:staff_r"), pid: 4711, pidfdInode: 9182,
        userName: "alice", cgroup: .known("/system.slice/web.service"), unit: .known("web.service"),
        loginuid: .known(1000), session: .known(2), namespace: .known("host"), exe: .known("/usr/bin/cat"),
        exeSHA256: .known(String(repeating: "ab", count: 32)))
    static let nobody = Identity(
        uid: 65534, gid: 65534, label: .known(nil), pid: 17, pin: .weak, cgroup: .known(nil), unit: .known(nil),
        loginuid: .known(nil), session: .known(nil), namespace: .unknown("ENOENT"), exe: .unknown("EACCES \"/proc\""),
        idMapIsIdentity: false)
    static let bare = Identity(uid: 0, gid: 0, pid: 1)
    /// With everything of it too large.
    static let large = Identity(
        uid: 4_294_967_294, gid: 7, groups: (0..<70).map { $0 }, label: .known(String(repeating: "l", count: 600)),
        pid: 2_147_483_647, pidfdInode: 1 << 62, userName: String(repeating: "ä", count: 300),
        cgroup: .known(String(repeating: "/c", count: 300)), unit: .known(String(repeating: "\u{1}", count: 90)),
        loginuid: .known(0), session: .known(4_294_967_295), namespace: .known(String(repeating: "n", count: 513)),
        exe: .known("/" + String(repeating: "x\"", count: 400)),
        exeSHA256: .known(String(repeating: "f", count: 520)))

    static func text(_ index: UInt64, _ record: Record) -> [UInt8] {
        record.encoded(
            RecordHead(
                index: index, timeUSec: 1_795_224_000_123_456, bootTimeUSec: 81_234_567,
                bootID: "9d6bd1a2-6a0e-4b4e-9c1e-0e5a2f1b7c11"), hash: TreeHash.hexadecimalDigest)
    }

    static var all: [(name: String, record: Record)] {
        aboutDaemon + aboutPolicy + aboutCalls + aboutLog + later + aboutDeposits + aboutReceipts
    }

    // MARK: What they have in common

    static let long = String(repeating: "täxt ", count: 200)
    static let stamp = PolicyStamp(revision: 3, sha256: String(repeating: "0f", count: 32))
    private static let web = CapabilityText(name: "logs/web/access")

    static func peer(_ identity: Identity) -> PeerText { PeerText(identity) }

    static func revision(_ identity: Identity?, _ reason: String?) -> Record.Revision {
        .init(policy: stamp, peer: identity.map(peer), reason: reason)
    }

    private static func failure(_ number: Int, got: String? = "cron.service") -> SelectorFailure {
        SelectorFailure(rule: "rule-\(number)", selector: "unit", wanted: "nginx.service", got: got)
    }

    private static func grant(
        request: String = "run-1", peer identity: Identity = alice, rules: [String] = ["web-reads-its-log"],
        charged: String? = nil, reason: String? = nil, lease: LeaseText? = nil, copy: Record.Copy? = nil,
        opened: Record.Opened? = nil
    ) -> Record {
        .grant(
            .init(
                request: request, policy: stamp, peer: peer(identity),
                capability: CapabilityText(
                    name: "logs/web/access", kind: "file", rights: ["read", "append"], delivery: "fresh"),
                rules: rules, charged: charged, reason: reason, lease: lease, copy: copy,
                opened: opened))
    }

    private static func deny(
        _ identity: Identity, _ capability: CapabilityText?, _ action: Action, _ why: String, rules: [String] = [],
        failed: [SelectorFailure] = [], more: Int = 0, reason: String? = nil, chargedBefore: [String: Int] = [:]
    ) -> Record {
        .deny(
            .init(
                request: "run-2", policy: stamp, peer: peer(identity), capability: capability, rules: rules,
                failed: failed, failedMore: more, reason: reason, action: action.rawValue, why: why,
                chargedBefore: chargedBefore))
    }

    private static func lease(
        _ expires: Int64?, peer: PeerText, request: String? = nil, policy: PolicyStamp? = nil, why: String? = nil
    ) -> Record.LeaseEvent {
        .init(
            request: request, policy: policy, peer: peer, capability: web,
            lease: LeaseText(id: "run-12", expiresUSec: expires), grant: 12, rule: "web-reads-its-log", why: why)
    }

    // MARK: The records

    private static let aboutDaemon: [(String, Record)] = [
        ("start", .start(version: "0.1.0", undelivered: 2, origin: "host/vault")),
        ("stop", .stop(records: 17)),
        (
            "open.failed, of a call",
            .openFailed(
                request: "run-1", policy: stamp, peer: peer(alice),
                CapabilityText(name: "logs/web/access", kind: "file"), errno: "ENOENT",
                problem: "it is not below a root")
        ),
        (
            "open.failed, of a name that is gone",
            .openFailed(request: "run-1", policy: stamp, peer: peer(bare), web, errno: "EACCES")
        ),
        (
            "open.failed, by itself",
            .openFailed(
                CapabilityText(name: "logs/web/access", kind: "listener"), errno: "EADDRINUSE")
        ),
        (
            "open.failed, cut",
            .openFailed(
                CapabilityText(name: "logs/web/access", kind: "helper"), errno: "EIO", problem: long)
        ),
    ]

    /// Forms that came to mind later: their bytes are as the program of that time wrote them.
    private static let later: [(String, Record)] = [
        ("policy.apply, without a reason", .policyApply(revision(alice, nil), files: 3, changes: 1)),
        (
            "grant, of a file",
            grant(
                copy: .init(uid: 0, gid: 0, mode: 0o400),
                opened: .init(device: "254:1", inode: 131_842, mount: 29, path: "/var/log/web/access.log"))
        ),
        (
            "grant, of a file whose place is long",
            grant(opened: .init(device: "0:7", inode: .max >> 1, mount: nil, path: "/" + long))
        ),
        ("grant, of a file without a place", grant(opened: .init(device: "0:7", inode: 1, mount: nil, path: nil))),
    ]

    private static let aboutPolicy: [(String, Record)] = [
        ("policy.apply, files", .policyApply(revision(alice, "monthly"), files: 3, changes: 0)),
        (
            "policy.apply, directory",
            .policyApply(
                revision(nil, "the directory changed"),
                directory: "/etc/vaultd/policies", files: 3, changes: 12)
        ),
        (
            "policy.apply, names",
            .policyApply(
                revision(alice, "names and zones looked up again"),
                resolved: ["user alice=1000", "group adm=4"])
        ),
        (
            "policy.apply, the owner's",
            .policyApply(revision(nil, "the owner of the vault may do everything"))
        ),
        (
            "policy.apply, cut",
            .policyApply(revision(large, long), resolved: (0..<2000).map { "user number\($0)=\($0)" })
        ),
        (
            "rule.add",
            .ruleAdd(
                revision(alice, "asked for"), rule: "granted-4", document: "permit: [open]\nwhat: \"logs/**\"\n")
        ),
        (
            "rule.add, without a reason",
            .ruleAdd(revision(nobody, nil), rule: "granted-4", document: "permit: [open]\n")
        ),
        (
            "rule.add, too large",
            .ruleAdd(
                revision(large, long), rule: "granted-4", document: String(repeating: "# text\n", count: 2000))
        ),
        ("rule.resume", .ruleResume(revision(alice, "over"), rule: "web-reads-its-log")),
        ("rule.resume, without a reason", .ruleResume(revision(alice, nil), rule: "web-reads-its-log")),
        ("admin.recover", .adminRecover(revision(nil, "the owner of the vault may do everything"))),
        ("revoke", .revoke(revision(alice, "left the team"), rules: ["a", "b"])),
        ("revoke, of the journal", .revoke(revision(nil, nil), rules: ["a"])),
        ("revoke, too many", .revoke(revision(alice, nil), rules: (0..<2000).map { "rule-number-\($0)" })),
        (
            "origin.start, of an empty policy",
            .originStart(
                nil,
                name: "host/vault/2", key: "host/vault/2+9be7abb2+AddamAGC", finding: "the database is shorter",
                previous: nil)
        ),
        (
            "origin.start",
            .originStart(
                revision(nil, "--accept-rollback"),
                name: "host/vault/2", key: "host/vault/2+9be7abb2+AddamAGC", finding: "the database is shorter",
                previous: "host/vault\n8\nXcna=\n\n— host/vault m+er\n")
        ),
        (
            "capability.add",
            .capabilityAdd(
                revision(alice, "asked for"),
                CapabilityText(name: "logs/new", kind: "file", rights: ["read", "write"], delivery: "fresh"),
                document: "name: logs/new\n")
        ),
        (
            "capability.add, too large",
            .capabilityAdd(
                revision(bare, nil),
                CapabilityText(name: "logs/new", kind: "memory", rights: ["read"], delivery: "shared"),
                document: String(repeating: "# text\n", count: 2000))
        ),
        (
            "capability.remove",
            .capabilityRemove(revision(alice, "not used"), CapabilityText(name: "logs/new", kind: "file"))
        ),
        (
            "capability.remove, unreadable",
            .capabilityRemove(revision(alice, nil), CapabilityText(name: "logs/new", kind: "unknown"))
        ),
    ]

    private static let aboutCalls: [(String, Record)] = [
        ("grant", grant()),
        (
            "grant, with everything",
            grant(
                rules: ["web-reads-its-log", "all-read-logs"], charged: "web-reads-its-log",
                reason: "nightly \"run\"\n", lease: LeaseText(id: "run-27", expiresUSec: 1_795_224_900_123_456),
                copy: .init(uid: 0, gid: 0, mode: 0o666))
        ),
        (
            "grant, until its holder ends",
            grant(peer: nobody, charged: "r", lease: LeaseText(id: "run-28", expiresUSec: nil))
        ),
        ("grant, bare peer", grant(peer: bare)),
        (
            "grant, cut",
            grant(
                request: long, peer: large, rules: ["r", long, long + "2"], charged: long, reason: long,
                lease: LeaseText(id: long, expiresUSec: .max))
        ),
        ("grant, many rules", grant(rules: (0..<2000).map { "rule-with-a-long-name-\($0)" })),
        (
            "deny",
            deny(
                alice, CapabilityText(name: "logs/web/access", rights: ["read", "write"]), .open, "no-permit",
                failed: [failure(1), failure(2, got: nil)], more: 3, reason: "please",
                chargedBefore: ["z": 2, "a": 1])
        ),
        ("deny, of a name without rights", deny(nobody, web, .list, "forbidden", rules: ["never"])),
        ("deny, of no name", deny(bare, nil, .admin, "used-up")),
        (
            "deny, many findings",
            deny(
                bare, CapabilityText(name: "logs/web/access", rights: ["use"]), .open, "rights-exceeded",
                rules: (0..<300).map { "rule-with-a-long-name-\($0)" }, failed: (0..<11).map { failure($0) }, more: 4)
        ),
        (
            "deny, cut",
            deny(
                large, CapabilityText(name: "logs/web/access", rights: ["read"]), .open, "no-permit", rules: [long],
                failed: [
                    SelectorFailure(rule: long, selector: long, wanted: long, got: long),
                    SelectorFailure(rule: long, selector: long, wanted: long, got: long),
                ], reason: long,
                chargedBefore: Dictionary(uniqueKeysWithValues: (0..<2000).map { ("rule-\($0)", $0) }))
        ),
        (
            "deny.summary",
            .denySummary(
                .init(
                    uid: 1000, count: 1 << 40, firstUSec: 1_795_224_000_000_000, lastUSec: 1_795_224_009_000_000,
                    kinds: ["open": 7, "identity": 1, "message": 2]))
        ),
        (
            "deny.summary, of the others",
            .denySummary(.init(uid: nil, count: 3, firstUSec: 1, lastUSec: 2, kinds: ["open": 3]))
        ),
        ("delivery", .delivery(report)),
        ("delivery, empty", .delivery(DeliveryReport())),
        (
            "lease.expire",
            .leaseExpire(
                lease(
                    1_795_224_900_123_456, peer: PeerText(uid: 1000, pid: 4711, pidfdInode: 9182), why: "time"))
        ),
        (
            "holder.exit",
            .holderExit(lease(nil, peer: PeerText(uid: 1000, pid: 4711, pidfdInode: nil), why: "exit"))
        ),
        (
            "lease.renew",
            .leaseRenew(lease(1_795_224_900_123_456, peer: peer(alice), request: "run-5", policy: stamp))
        ),
        ("lease.release", .leaseRelease(lease(1_795_224_900_123_456, peer: peer(alice), request: "run-6"))),
        (
            "lease.release, of one without a time",
            .leaseRelease(lease(nil, peer: peer(large), request: "run-6"))
        ),
    ]

    private static var report: DeliveryReport {
        var report = DeliveryReport()
        for index in UInt64(17)...50 where index != 43 { report.addSent(index) }
        report.failed = [
            .init(index: 43, errno: "EPIPE"), .init(index: 51, reason: "revoked"),
            .init(index: 52, errno: "EBADF", reason: "expired"),
        ]
        report.unknown = [60, 62]
        return report
    }

    private static let aboutLog: [(String, Record)] = [
        ("clock.step", .clockStep(newestUSec: 1_795_224_900_123_456)),
        (
            "clock.accept",
            .clockAccept(
                peer: peer(alice), reason: "the battery was empty", newestUSec: 1_795_224_900_123_456,
                acceptedUSec: 1_795_224_000_123_456)
        ),
        (
            "clock.accept, without a reason",
            .clockAccept(
                peer: peer(bare), reason: nil, newestUSec: 1_795_224_900_123_456, acceptedUSec: -1)
        ),
        ("audit.read", .auditRead(peer: peer(alice), method: "query")),
        ("export", .export(peer: peer(alice), from: 0, to: 1 << 40)),
        (
            "prune",
            .prune(
                peer: peer(alice), from: 0, before: 256, signed: 300,
                archiveSHA256: String(repeating: "0f", count: 32))
        ),
        (
            "prune, unarchived",
            .prune(peer: peer(bare), from: 256, before: 512, signed: 600, archiveSHA256: nil)
        ),
        (
            "cosignature.add",
            .cosignatureAdd(peer: peer(alice), size: 300, names: ["witness.example/w1", "witness.example/w2"])
        ),
        (
            "identity.refused, before it was known",
            .identityRefused(.uid(4_294_967_295), problem: "its process has ended")
        ),
        (
            "identity.refused",
            .identityRefused(.peer(peer(alice)), problem: "the limit of connections is reached")
        ),
        ("identity.refused, cut", .identityRefused(.peer(peer(large)), problem: long)),
        ("restore, kept", .restore(.of(CapabilityText(name: "web/listen", kind: "listener")), isKept: true)),
        ("restore, undeclared", .restore(.undeclared("web/listen"), isKept: false)),
    ]
}

extension PeerText {
    init(_ identity: Identity) { self.init(identity, hash: TreeHash.hexadecimalDigest) }
}
