// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Foundation
import SystemPackage
import Testing
import VaultLedger
import VaultModel

@testable import VaultBroker
@testable import VaultPolicy

/// Writes one record of each kind by the calls that the broker makes, for the bytes that later writers must give too.
@Suite struct RecordGoldenTests {
    private static let alice = PeerText(
        Identity(
            uid: 1000, gid: 1000, groups: [4, 1000], label: .known("staff_u:staff_r"), pid: 4711, pidfdInode: 9182,
            userName: "alice", cgroup: .known("/system.slice/web.service"), unit: .known("web.service"),
            loginuid: .known(1000), session: .known(2), namespace: .known("host"), exe: .known("/usr/bin/cat"),
            exeSHA256: .known(String(repeating: "ab", count: 32))))
    private static let nobody = PeerText(
        Identity(
            uid: 65534, gid: 65534, label: .known(nil), pid: 17, pin: .weak, cgroup: .known(nil), unit: .known(nil),
            loginuid: .known(nil), session: .known(nil), namespace: .unknown("ENOENT"),
            exe: .unknown("EACCES \"/proc\""),
            idMapIsIdentity: false))
    private static let bare = PeerText(Identity(uid: 0, gid: 0, pid: 1))
    private static let large = PeerText(
        Identity(
            uid: 4_294_967_294, gid: 7, groups: (0..<70).map { $0 }, label: .known(String(repeating: "l", count: 600)),
            pid: 2_147_483_647, pidfdInode: 1 << 62, userName: String(repeating: "ä", count: 300),
            cgroup: .known(String(repeating: "/c", count: 300)), unit: .known(String(repeating: "\u{1}", count: 90)),
            loginuid: .known(0), session: .known(4_294_967_295), namespace: .known(String(repeating: "n", count: 513)),
            exe: .known("/" + String(repeating: "x\"", count: 400)),
            exeSHA256: .known(String(repeating: "f", count: 520))))
    private static let stamp = PolicyStamp(revision: 3, sha256: String(repeating: "0f", count: 32))
    private static let long = String(repeating: "täxt ", count: 200)

    private struct Case {
        var name: String
        var type: RecordType
        var fill: (inout RecordText) -> Void

        init(_ name: String, _ type: RecordType, _ fill: @escaping (inout RecordText) -> Void = { _ in }) {
            self.name = name
            self.type = type
            self.fill = fill
        }
    }

    private static func decision(
        _ why: Decision.Reason, rules: [String] = [], failed: [SelectorFailure] = [], failedMore: Int = 0
    ) -> Decision {
        Decision(
            why: why, rights: [], rules: rules, rulesMore: 0, failed: failed, failedMore: failedMore, usedUp: nil,
            compiledCharge: nil)
    }

    private static func failure(_ number: Int, got: String? = "cron.service") -> SelectorFailure {
        SelectorFailure(rule: "rule-\(number)", selector: "unit", wanted: "nginx.service", got: got)
    }

    private static let moment = Moment(wallUSec: 0, bootUSec: 0)

    private static func policy(
        _ author: PeerText?, _ reason: String?, _ fill: @escaping (inout RecordText) -> Void = { _ in }
    ) -> (inout RecordText) -> Void {
        { text in
            text.policy(stamp)
            if let author { text.peer(author) }
            if let reason { text.reason(reason) }
            fill(&text)
        }
    }

    private static func leaseEnd(
        _ peer: PeerText, _ expires: Int64?, _ why: LeaseEnd
    ) -> (inout RecordText) -> Void {
        {
            $0.peer(peer)
            $0.capability(name: "logs/web/access")
            $0.lease(id: "run-12", expiresUSec: expires)
            $0.value("grant", UInt64(12))
            $0.value("rule", "web-reads-its-log")
            $0.value("why", why.rawValue)
        }
    }

    private static func grant(
        request: String = "run-1", peer: PeerText = alice, name: String = "logs/web/access",
        rules: [String] = ["web-reads-its-log"], charged: String? = nil, reason: String? = nil,
        lease: (String, Int64?)? = nil, isCopy: Bool = false
    ) -> (inout RecordText) -> Void {
        { text in
            let null = HeldDescriptor(try! OwnedDescriptor.open("/dev/null"))
            let capability = try! Capability(
                name: CapabilityName(name), source: .file(path: "/f", create: nil, noFollow: false),
                rights: [.read, .append])
            let status = isCopy ? try! FileStatus(of: null) : nil
            let acquired = AcquiredDescriptor(null, rights: [.read, .append], delivery: .fresh, copy: status)
            text.request(request)
            text.policy(stamp)
            text.peer(peer)
            text.capability(capability, acquired)
            text.decision(permit: true)
            text.rules(rules)
            if let charged { text.charged(charged) }
            if let reason { text.reason(reason) }
            if let lease { text.lease(id: lease.0, expiresUSec: lease.1) }
            text.copy(acquired)
        }
    }

    private static func deny(_ denial: Denial, peer: PeerText = alice) -> (inout RecordText) -> Void {
        {
            $0.request("run-2")
            $0.policy(stamp)
            $0.peer(peer)
            $0.denied(denial)
        }
    }

    private static var cases: [Case] {
        let web = try! CapabilityName("logs/web/access")
        return [
            Case("start", .start) {
                $0.value("version", "0.1.0")
                $0.value("undelivered", 2)
                $0.value("origin", "host/vault")
            },
            Case("stop", .stop) { $0.value("records", UInt64(17)) },
            Case("open.failed, of a call", .openFailed) {
                $0.request("run-1")
                $0.policy(stamp)
                $0.peer(alice)
                $0.capability(name: "logs/web/access", kind: "file")
                $0.problem(OpenProblem(.noSuchFileOrDirectory, "it is not below a root"))
            },
            Case("open.failed, of a name that is gone", .openFailed) {
                $0.request("run-1")
                $0.policy(stamp)
                $0.peer(bare)
                $0.capability(name: "logs/web/access", kind: nil)
                $0.problem(OpenProblem(.permissionDenied))
            },
            Case("open.failed, by itself", .openFailed) {
                $0.capability(name: "logs/web/access", kind: "listener")
                $0.problem(OpenProblem(.addressInUse))
            },
            Case("open.failed, cut", .openFailed) {
                $0.capability(name: "logs/web/access", kind: "helper")
                $0.problem(OpenProblem(.ioError, long))
            },
            Case(
                "policy.apply, files", .policyApply,
                policy(alice, "monthly") {
                    $0.value("files", 3)
                    $0.value("changes", 0)
                }),
            Case(
                "policy.apply, directory", .policyApply,
                policy(nil, "the directory changed") {
                    $0.value("directory", "/etc/vaultd/policies")
                    $0.value("files", 3)
                    $0.value("changes", 12)
                }),
            Case(
                "policy.apply, names", .policyApply,
                policy(alice, "names and zones looked up again") {
                    $0.value("resolved", ["user alice=1000", "group adm=4"])
                }),
            Case("policy.apply, the owner's", .policyApply, policy(nil, "the owner of the vault may do everything")),
            Case(
                "policy.apply, cut", .policyApply,
                policy(large, long) {
                    $0.value("resolved", (0..<2000).map { "user number\($0)=\($0)" })
                }),
            Case(
                "rule.add", .ruleAdd,
                policy(alice, "asked for") {
                    $0.value("rule", "granted-4")
                    $0.value("document", "permit: [open]\nwhat: \"logs/**\"\n")
                }),
            Case(
                "rule.add, without a reason", .ruleAdd,
                policy(nobody, nil) {
                    $0.value("rule", "granted-4")
                    $0.value("document", "permit: [open]\n")
                }),
            Case(
                "rule.add, too large", .ruleAdd,
                policy(large, long) {
                    $0.value("rule", "granted-4")
                    $0.value("document", String(repeating: "# text\n", count: 2000))
                }),
            Case("rule.resume", .ruleResume, policy(alice, "over") { $0.value("rule", "web-reads-its-log") }),
            Case(
                "rule.resume, without a reason", .ruleResume,
                policy(alice, nil) {
                    $0.value("rule", "web-reads-its-log")
                }),
            Case("admin.recover", .adminRecover, policy(nil, "the owner of the vault may do everything")),
            Case("revoke", .revoke, policy(alice, "left the team") { $0.value("revoked", ["a", "b"]) }),
            Case("revoke, of the journal", .revoke, policy(nil, nil) { $0.value("revoked", ["a"]) }),
            Case(
                "revoke, too many", .revoke,
                policy(alice, nil) {
                    $0.value("revoked", (0..<2000).map { "rule-number-\($0)" })
                }),
            Case("origin.start, of an empty policy", .originStart) {
                $0.value("origin", "host/vault/2")
                $0.value("key", "host/vault/2+9be7abb2+AddamAGC")
                $0.value("finding", "the database is shorter")
            },
            Case(
                "origin.start", .originStart,
                policy(nil, "--accept-rollback") {
                    $0.value("origin", "host/vault/2")
                    $0.value("key", "host/vault/2+9be7abb2+AddamAGC")
                    $0.value("finding", "the database is shorter")
                    $0.value("previous", "host/vault\n8\nXcna=\n\n— host/vault m+er\n")
                }),
            Case("capability.add", .capabilityAdd) {
                $0.policy(stamp)
                $0.peer(alice)
                $0.capability(name: "logs/new", kind: "file", rights: ["read", "write"], delivery: "fresh")
                $0.reason("asked for")
                $0.value("document", "name: logs/new\n")
            },
            Case("capability.add, too large", .capabilityAdd) {
                $0.policy(stamp)
                $0.peer(bare)
                $0.capability(name: "logs/new", kind: "memory", rights: ["read"], delivery: "shared")
                $0.value("document", String(repeating: "# text\n", count: 2000))
            },
            Case("capability.remove", .capabilityRemove) {
                $0.policy(stamp)
                $0.peer(alice)
                $0.capability(name: "logs/new", kind: "file")
                $0.reason("not used")
            },
            Case("capability.remove, unreadable", .capabilityRemove) {
                $0.policy(stamp)
                $0.peer(alice)
                $0.capability(name: "logs/new", kind: "unknown")
            },
            Case("grant", .grant, grant()),
            Case(
                "grant, with everything", .grant,
                grant(
                    rules: ["web-reads-its-log", "all-read-logs"], charged: "web-reads-its-log",
                    reason: "nightly \"run\"\n", lease: ("run-27", 1_795_224_900_123_456), isCopy: true)),
            Case("grant, until its holder ends", .grant, grant(peer: nobody, charged: "r", lease: ("run-28", nil))),
            Case("grant, bare peer", .grant, grant(peer: bare)),
            Case(
                "grant, cut", .grant,
                grant(
                    request: long, peer: large, rules: ["r", long, long + "2"], charged: long, reason: long,
                    lease: (long, .max))),
            Case("grant, many rules", .grant, grant(rules: (0..<2000).map { "rule-with-a-long-name-\($0)" })),
            Case(
                "deny", .deny,
                deny(
                    Denial(
                        action: .open, name: web, asked: [.read, .write],
                        decision: decision(
                            .noPermit, failed: [failure(1), failure(2, got: nil)], failedMore: 3),
                        moment: moment, reason: "please", chargedBefore: ["z": 2, "a": 1]))),
            Case(
                "deny, of a name without rights", .deny,
                deny(
                    Denial(
                        action: .list, name: web, asked: nil, decision: decision(.forbidden, rules: ["never"]),
                        moment: moment), peer: nobody)),
            Case(
                "deny, of no name", .deny,
                deny(
                    Denial(
                        action: .admin, name: nil, asked: nil, decision: decision(.usedUp), moment: moment), peer: bare)
            ),
            Case(
                "deny, many findings", .deny,
                deny(
                    Denial(
                        action: .open, name: web, asked: [.use],
                        decision: decision(
                            .rightsExceeded, rules: (0..<300).map { "rule-with-a-long-name-\($0)" },
                            failed: (0..<11).map { failure($0) }, failedMore: 4), moment: moment), peer: bare)),
            Case(
                "deny, cut", .deny,
                deny(
                    Denial(
                        action: .open, name: web, asked: [.read],
                        decision: decision(
                            .noPermit, rules: [long],
                            failed: [
                                SelectorFailure(rule: long, selector: long, wanted: long, got: long),
                                SelectorFailure(rule: long, selector: long, wanted: long, got: long),
                            ]), moment: moment, reason: long,
                        chargedBefore: Dictionary(uniqueKeysWithValues: (0..<2000).map { ("rule-\($0)", $0) })),
                    peer: large)),
            Case("deny.summary", .denySummary) {
                $0.folded(
                    DenialFold.Summary(
                        uid: 1000, count: 1 << 40, firstUSec: 1_795_224_000_000_000, lastUSec: 1_795_224_009_000_000,
                        kinds: ["open": 7, "identity": 1, "message": 2]))
            },
            Case("deny.summary, of the others", .denySummary) {
                $0.folded(
                    DenialFold.Summary(uid: nil, count: 3, firstUSec: 1, lastUSec: 2, kinds: ["open": 3]))
            },
            Case("delivery", .delivery) {
                var report = DeliveryReport()
                for index in UInt64(17)...50 where index != 43 { report.addSent(index) }
                report.failed = [
                    .init(index: 43, errno: "EPIPE"), .init(index: 51, reason: "revoked"),
                    .init(index: 52, errno: "EBADF", reason: "expired"),
                ]
                report.unknown = [60, 62]
                $0.delivery(report)
            },
            Case("delivery, empty", .delivery) { $0.delivery(DeliveryReport()) },
            Case(
                "lease.expire", LeaseEnd.time.type,
                leaseEnd(PeerText(uid: 1000, pid: 4711, pidfdInode: 9182), 1_795_224_900_123_456, .time)),
            Case(
                "holder.exit", LeaseEnd.exit.type, leaseEnd(PeerText(uid: 1000, pid: 4711, pidfdInode: nil), nil, .exit)
            ),
            Case("lease.renew", .leaseRenew) {
                $0.request("run-5")
                $0.policy(stamp)
                $0.peer(alice)
                $0.capability(name: "logs/web/access")
                $0.lease(id: "run-12", expiresUSec: 1_795_224_900_123_456)
                $0.value("grant", UInt64(12))
                $0.value("rule", "web-reads-its-log")
            },
            Case("lease.release", .leaseRelease) {
                $0.request("run-6")
                $0.peer(alice)
                $0.capability(name: "logs/web/access")
                $0.lease(id: "run-12", expiresUSec: 1_795_224_900_123_456)
                $0.value("grant", UInt64(12))
                $0.value("rule", "web-reads-its-log")
            },
            Case("lease.release, of one without a time", .leaseRelease) {
                $0.request("run-6")
                $0.peer(large)
                $0.capability(name: "logs/web/access")
                $0.lease(id: "run-12", expiresUSec: nil)
                $0.value("grant", UInt64(12))
                $0.value("rule", "web-reads-its-log")
            },
            Case("clock.step", .clockStep) { $0.value("newestUSec", Int64(1_795_224_900_123_456)) },
            Case("clock.accept", .clockAccept) {
                $0.peer(alice)
                $0.reason("the battery was empty")
                $0.value("newestUSec", Int64(1_795_224_900_123_456))
                $0.value("acceptedUSec", Int64(1_795_224_000_123_456))
            },
            Case("clock.accept, without a reason", .clockAccept) {
                $0.peer(bare)
                $0.value("newestUSec", Int64(1_795_224_900_123_456))
                $0.value("acceptedUSec", Int64(-1))
            },
            Case("audit.read", .auditRead) {
                $0.peer(alice)
                $0.value("method", "query")
            },
            Case("export", .export) {
                $0.peer(alice)
                $0.value("from", UInt64(0))
                $0.value("to", UInt64(1 << 40))
            },
            Case("prune", .prune) {
                $0.peer(alice)
                $0.value("from", UInt64(0))
                $0.value("before", UInt64(256))
                $0.value("signed", UInt64(300))
                $0.value("archiveSha256", String(repeating: "0f", count: 32))
            },
            Case("prune, unarchived", .prune) {
                $0.peer(bare)
                $0.value("from", UInt64(256))
                $0.value("before", UInt64(512))
                $0.value("signed", UInt64(600))
            },
            Case("cosignature.add", .cosignatureAdd) {
                $0.peer(alice)
                $0.value("size", UInt64(300))
                $0.value("names", ["witness.example/w1", "witness.example/w2"])
            },
            Case("identity.refused, before it was known", .identityRefused) {
                $0.value("uid", UInt32(4_294_967_295))
                $0.text("problem", "its process has ended")
            },
            Case("identity.refused", .identityRefused) {
                $0.peer(alice)
                $0.text("problem", "the limit of connections is reached")
            },
            Case("identity.refused, cut", .identityRefused) {
                $0.peer(large)
                $0.text("problem", long)
            },
            Case("restore, kept", .restore) {
                $0.capability(name: "web/listen", kind: "listener")
                $0.value("outcome", "kept")
            },
            Case("restore, undeclared", .restore) {
                $0.value("stored", "web/listen")
                $0.value("outcome", "closed")
            },
        ]
    }

    @Test("Each kind has the bytes that it always had")
    func golden() throws {
        let path = "Tests/RecordsTests/Golden/records.txt"
        var text = ""
        for (index, one) in Self.cases.enumerated() {
            var record = RecordText(
                index: UInt64(index), type: one.type, timeUSec: 1_795_224_000_123_456, bootTimeUSec: 81_234_567,
                bootID: "9d6bd1a2-6a0e-4b4e-9c1e-0e5a2f1b7c11")
            one.fill(&record)
            text += "\(one.name)\t\(String(decoding: record.finish(), as: UTF8.self))\n"
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }
}
