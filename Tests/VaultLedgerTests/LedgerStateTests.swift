// SPDX-License-Identifier: Apache-2.0

import Records
import Testing
import TransparencyLog
import VaultLedger
import VaultModel
import VaultTestKit

@Suite struct LedgerStateTests {
    private static func revision(
        _ number: Int, _ cause: RecordType, files: [StoredFile]? = nil, anchor: TimeAnchor? = nil
    ) -> PolicyRevision {
        var revision = PolicyRevision(
            revision: number, sha256: "sha-\(number)", cause: cause, timeUSec: Int64(number) * 10,
            record: UInt64(number), uid: 0, user: "root", reason: "because of \(number)")
        revision.files = files
        revision.anchor = anchor
        return revision
    }

    private func deposit(
        _ id: String, fdName: String? = nil, endsWithHangUp: Bool = false, expiresUSec: Int64? = nil
    ) -> StoredDeposit {
        StoredDeposit(
            id: id, record: 1, name: "deposits/\(id)", rights: ["read", "write"], type: "pipe", flags: 2, inode: .max,
            uid: 7, user: "u", rule: "r", fdName: fdName, endsWithHangUp: endsWithHangUp, bootID: "boot",
            depositedUSec: 5,
            expiresBootUSec: expiresUSec, expiresUSec: expiresUSec)
    }

    @Test("Counters, leases, deposits, capabilities, directories and the delivered mark survive a restart")
    func smallTables() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        let lease = StoredLease(
            id: "l1", record: 0, capability: "logs/web", rights: ["read", "write"], rule: "r", uid: 1000, pid: 17,
            pidfdInode: 1 << 63, startTicks: 3, bootID: "boot", startedUSec: 4, expiresBootUSec: 5, expiresUSec: 6,
            renewableBootUSec: 7, renewableUSec: 8)
        var renewed = lease
        renewed.expiresBootUSec = 50
        renewed.expiresUSec = 60
        let recent = RuleCounter(
            rule: "r", principal: 8, used: 3, windowUSec: 1000, startedUSec: 99,
            startedBoot: BootTimeStamp(bootID: "boot", usec: 12))
        var batch = TestRecords.grants(from: 0, count: 3)
        batch.changes = [
            .counter(RuleCounter(rule: "r", principal: nil, used: 1)),
            .counter(
                RuleCounter(rule: "r", principal: 4_294_967_295, used: 7, windowUSec: 1000, startedUSec: 99)),
            .counter(recent),
            .counter(RuleCounter(rule: "r", principal: nil, used: 2)),
            .counter(RuleCounter(rule: "gone", principal: 1, used: 2)),
            .leaseStarted(lease),
            .leaseStarted(
                StoredLease(
                    id: "l2", record: 1, capability: "a", rights: [], rule: "r", uid: 0, pid: 1, bootID: "boot",
                    startedUSec: 0)),
            .leaseStarted(renewed),
            .depositAdded(deposit("d1", fdName: "socket", endsWithHangUp: true)),
            .depositAdded(deposit("d2", expiresUSec: 70)), .depositAdded(deposit("d3")),
            .capabilityAdded(StoredCapability(name: "a/b", document: "{}", record: 1)),
            .capabilityAdded(StoredCapability(name: "c", document: "{}", record: 2)),
            .directoryState(PolicyDirectoryState(path: "/etc/p", sha256: "one", revision: 1)),
            .deliveredUpTo(2),
        ]
        _ = try await ledger.commit(batch)
        let changes: [StateChange] = [
            .countersCleared(rule: "gone"), .leaseEnded(id: "l2"), .depositRemoved(id: "d3"),
            .capabilityRemoved(name: "c"),
            .directoryState(PolicyDirectoryState(path: "/etc/p", sha256: "two", revision: 2)),
        ]
        #expect(try await ledger.commit(Batch(firstIndex: 3, changes: changes)).size == 3)
        await ledger.close()

        let (again, state) = try await files.open()
        #expect(
            Set(state.counters) == [
                RuleCounter(rule: "r", principal: nil, used: 2),
                RuleCounter(rule: "r", principal: 4_294_967_295, used: 7, windowUSec: 1000, startedUSec: 99), recent,
            ])
        #expect(state.leases == [renewed])
        #expect(
            state.deposits == [
                deposit("d1", fdName: "socket", endsWithHangUp: true), deposit("d2", expiresUSec: 70),
            ])
        #expect(state.capabilities == [StoredCapability(name: "a/b", document: "{}", record: 1)])
        #expect(state.directories == [PolicyDirectoryState(path: "/etc/p", sha256: "two", revision: 2)])
        #expect(state.deliveredUpTo == 2)
        #expect(state.undelivered == [2])
        await again.close()
    }

    @Test("Any revision of the policy can be read as it was")
    func revisions() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        let first = [StoredFile(path: "a.yaml", text: "vault: 1"), StoredFile(path: "b.yaml", text: "# ä")]
        let second = [StoredFile(path: "a.yaml", text: "vault: 1\n")]
        let applied = TimeAnchor(bootID: "boot", bootUSec: 7, wallUSec: 70)
        let later = TimeAnchor(bootID: "boot", bootUSec: 8, wallUSec: 80)
        let granted = StoredRule(
            id: "g1", document: "{\"id\":\"g1\"}", origin: "granted", addedRevision: 2, anchor: later)
        let suspended = Suspension(rule: "from-file", addedRevision: 3, reason: "leak")
        let alice = ResolvedName(kind: .user, name: "alice", id: 1000)
        let moved = ResolvedName(kind: .user, name: "alice", id: 2000)
        let steps: [[StateChange]] = [
            [
                .policyRevision(Self.revision(1, .policyApply, files: first, anchor: applied)),
                .resolvedName(alice, revision: 1),
            ],
            [.policyRevision(Self.revision(2, .ruleAdd, anchor: later)), .ruleAdded(granted)],
            [.policyRevision(Self.revision(3, .revoke)), .ruleSuspended(suspended)],
            [.policyRevision(Self.revision(4, .policyApply, files: second)), .resolvedName(moved, revision: 4)],
            [.policyRevision(Self.revision(5, .revoke)), .ruleRemoved(id: "g1", revision: 5)],
            [.policyRevision(Self.revision(6, .ruleResume)), .ruleResumed(id: "from-file", revision: 6)],
            [
                .policyRevision(Self.revision(7, .policyApply, files: [])),
                .nameForgotten(kind: .user, name: "alice", revision: 7),
            ],
        ]
        for (index, changes) in steps.enumerated() {
            var batch = TestRecords.grants(from: UInt64(index), count: 1)
            batch.changes = changes
            _ = try await ledger.commit(batch)
        }
        await ledger.close()

        let (again, state) = try await files.open()
        let reader = again.makeReader()
        func expected(
            _ number: Int, _ files: [StoredFile], _ rules: [StoredRule], _ suspensions: [Suspension],
            _ names: [ResolvedName]
        ) -> StoredPolicy {
            StoredPolicy(
                revision: number, sha256: "sha-\(number)", files: files, rules: rules, suspensions: suspensions,
                names: names, filesAnchor: files == first ? applied : nil)
        }
        #expect(try await reader.policy(revision: 0) == nil)
        #expect(try await reader.policy(revision: 1) == expected(1, first, [], [], [alice]))
        #expect(try await reader.policy(revision: 2) == expected(2, first, [granted], [], [alice]))
        #expect(try await reader.policy(revision: 3) == expected(3, first, [granted], [suspended], [alice]))
        #expect(try await reader.policy(revision: 4) == expected(4, second, [granted], [suspended], [moved]))
        #expect(try await reader.policy(revision: 5) == expected(5, second, [], [suspended], [moved]))
        #expect(try await reader.policy(revision: 6) == expected(6, second, [], [], [moved]))
        // Also of what was resumed.
        #expect(try await reader.rulesTakenAway(after: 2) == ["from-file", "g1"])
        #expect(try await reader.rulesTakenAway(after: 3) == ["g1"])
        #expect(try await reader.rulesTakenAway(after: 5).isEmpty)
        #expect(state.policy == expected(7, [], [], [], []))
        #expect(try await reader.policy(revision: 8) == nil)
        let all = try await reader.revisions()
        #expect(all.map(\.revision) == [7, 6, 5, 4, 3, 2, 1])
        #expect(all[5] == Self.revision(2, .ruleAdd))
        #expect(!state.bootstrapNeeded)
        await again.close()
    }

    @Test("The newest time is the greatest that was recorded, until another is accepted")
    func newestTime() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        for (index, time) in [500, 900, 600].enumerated() {
            var batch = TestRecords.grants(from: UInt64(index), count: 1)
            batch.lastTimeUSec = Int64(time)
            _ = try await ledger.commit(batch)
        }
        #expect(try await ledger.reopen().lastTimeUSec == 900)
        var batch = TestRecords.grants(from: 3, count: 1)
        batch.lastTimeUSec = 650
        batch.changes = [.clockAccepted(usec: 650)]
        _ = try await ledger.commit(batch)
        #expect(try await ledger.reopen().lastTimeUSec == 650)
        await ledger.close()
    }

    @Test("A rule that was removed may come back, and a suspension be set again")
    func again() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        func rule(_ revision: Int) -> StoredRule {
            StoredRule(id: "g", document: "\(revision)", origin: "granted", addedRevision: revision)
        }
        let changes: [StateChange] = [
            .policyRevision(Self.revision(1, .ruleAdd)), .ruleAdded(rule(1)),
            .policyRevision(Self.revision(2, .revoke)), .ruleRemoved(id: "g", revision: 2),
            .policyRevision(Self.revision(3, .ruleAdd)), .ruleAdded(rule(3)),
            .ruleSuspended(Suspension(rule: "f", addedRevision: 1)), .ruleResumed(id: "f", revision: 2),
            .ruleSuspended(Suspension(rule: "f", addedRevision: 3)),
        ]
        _ = try await ledger.commit(Batch(firstIndex: 0, changes: changes))
        let reader = ledger.makeReader()
        #expect(try await reader.policy(revision: 1)?.rules == [rule(1)])
        #expect(try await reader.policy(revision: 2)?.rules == [])
        #expect(try await reader.policy(revision: 2)?.suspensions == [])
        #expect(try await reader.policy(revision: 3)?.rules == [rule(3)])
        #expect(try await reader.policy(revision: 3)?.suspensions == [Suspension(rule: "f", addedRevision: 3)])
        await ledger.close()
    }

    @Test("After a crash the grants without a delivery record are known, and only those")
    func undelivered() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        _ = try await ledger.commit(TestRecords.grants(from: 0, count: 40))
        var report = DeliveryReport()
        for index in UInt64(0)..<20 where index != 7 { report.addSent(index) }
        report.failed = [.init(index: 7, errno: "EPIPE")]
        report.unknown = [21]
        let delivery = TestRecords.delivery(40, report)
        _ = try await ledger.commit(
            Batch(firstIndex: 40, leaves: [delivery], changes: [.deliveredUpTo(15)], lastTimeUSec: 1))
        await ledger.close()

        let (again, state) = try await files.open()
        #expect(state.undelivered == [20] + Array(22..<40))
        #expect(state.deliveredUpTo == 15)
        await again.close()
    }
}
