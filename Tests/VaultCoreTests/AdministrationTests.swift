// SPDX-License-Identifier: Apache-2.0

import Records
import Testing
import VaultModel
import VaultPolicy

@testable import VaultCore

@Suite("Acts on the policy, one after the other")
struct AdministrationTests {
    /// What one act was answered.
    private final class Answer {
        var result: Result<PolicyOutcome, PolicyRefusal>?
        var outcome: PolicyOutcome? { try? result?.get() }
        var refusal: PolicyRefusal? {
            if case .failure(let refusal) = result { refusal } else { nil }
        }
        var message: String? {
            if case .problems(let problems, _) = refusal { problems.first?.message } else { nil }
        }
    }

    /// A broker that has started with the files of a directory: the rule `f`, beside the owner's.
    private func started() -> Stage {
        let stage = Stage()
        let administration = stage.core.administration
        administration.start(.none, [], directories: []) { _ in
            administration.change(.restoreOwner(uid: 0, isRecovery: false)) { _ in }
        }
        stage.settle()
        #expect(ask(stage, .reread(Self.directory("f"), isStart: true)).outcome?.record != nil)
        return stage
    }

    private static func directory(_ texts: String...) -> DirectoryFiles {
        DirectoryFiles(
            path: "/policies", sha256: texts.joined(),
            files: texts.map { StoredFile(path: "\($0).yaml", text: $0) })
    }

    private func begin(_ stage: Stage, _ act: PolicyAct, isDryRun: Bool = false) -> Answer {
        let answer = Answer()
        stage.core.administration.change(act, isDryRun: isDryRun) {
            #expect(answer.result == nil, "an act is answered twice")
            answer.result = $0
        }
        return answer
    }

    private func ask(_ stage: Stage, _ act: PolicyAct, isDryRun: Bool = false) -> Answer {
        let answer = begin(stage, act, isDryRun: isDryRun)
        stage.settle()
        return answer
    }

    private static func revoke(_ id: String) -> PolicyAct {
        .revoke { policy in policy.compiled.rule(id).map { .success([$0]) } ?? .failure(.notFound(id)) }
    }

    private func active(_ stage: Stage) -> Set<String> {
        let policy = stage.core.policy.inForce
        return Set(policy.rules.filter { policy.isActive($0) && $0.origin != .bootstrap }.map(\.id))
    }

    @Test("a rule that is granted is in force when its record is durable, and not before")
    func grant() {
        let stage = started()
        let answer = begin(stage, .addRule(document: "g"))
        stage.buildNext()
        stage.endTurn()
        #expect(active(stage) == ["f"], "its record is at the disk")
        #expect(answer.result == nil)
        stage.commit()
        #expect(active(stage) == ["f", "g"])
        #expect(answer.outcome?.rule?.id == "g")
        #expect(answer.outcome?.record == stage.core.journal.committed - 1)
        #expect(stage.changes.contains { if case .ruleAdded(let rule) = $0 { rule.id == "g" } else { false } })
    }

    @Test("one whose record is not durable is refused, and not in force")
    func grantFails() {
        let stage = started()
        let answer = begin(stage, .addRule(document: "g"))
        stage.buildNext()
        stage.endTurn()
        stage.failCommit()
        guard case .auditUnavailable = answer.refusal else {
            Issue.record("\(String(describing: answer.result))")
            return
        }
        #expect(active(stage) == ["f"])
    }

    @Test("a rule that is revoked is gone, its record appended, and it is on its way to be kept, in that turn")
    func revocation() {
        let stage = started()
        let answer = begin(stage, Self.revoke("f"))
        #expect(active(stage).isEmpty)
        #expect(stage.building.isEmpty, "no text is read for it")
        #expect(stage.core.policy.inForce.compiledCount == 0, "no rule is compiled for it")
        #expect(stage.keeping.map(\.rules.ids) == [["f"]])
        #expect(stage.keeping.first?.rules.revision == 2, "the revision that it was in")
        #expect(stage.core.policy.stamp.revision == 3)
        stage.keepNext()
        stage.endTurn()
        #expect(answer.result == nil)
        stage.commit()
        #expect(answer.outcome?.isKept == true)
        #expect(answer.outcome?.record != nil)
        #expect(stage.forgotten == 1)
        #expect(stage.types.last == "revoke")
        #expect(stage.core.administration.isAtRest)
    }

    @Test("it waits for no act that is being built, and that one is built again without its rule")
    func revocationWaitsForNobody() {
        let stage = started()
        let grant = begin(stage, .addRule(document: "g"))
        let revoke = begin(stage, Self.revoke("f"))
        #expect(active(stage).isEmpty)
        stage.buildNext()
        #expect(active(stage).isEmpty, "what was built had the rule")
        stage.settle()
        #expect(active(stage) == ["g"])
        #expect(stage.types.suffix(2) == ["revoke", "rule.add"])
        #expect(revoke.outcome?.record.map { $0 + 1 } == grant.outcome?.record)
    }

    @Test("what is at the disk meanwhile comes into force without it; grants until then name what is stored")
    func revocationBehindWhatIsAtTheDisk() {
        let stage = started()
        let grant = begin(stage, .addRule(document: "g"))
        stage.buildNext()
        stage.endTurn()
        let revoke = begin(stage, Self.revoke("f"))
        #expect(active(stage).isEmpty)
        #expect(stage.core.policy.stamp.revision == 2, "the rule that is granted is not in force yet")
        stage.settle()
        #expect(active(stage) == ["g"])
        #expect(stage.core.policy.stamp.revision == 4)
        #expect(grant.outcome?.record.map { $0 + 1 } == revoke.outcome?.record)
    }

    @Test("one that cannot be recorded is in force, is owed, and is recorded before anything else when the log is back")
    func owed() {
        let stage = started()
        let answer = begin(stage, Self.revoke("f"))
        stage.keepNext(isWritten: false)
        stage.endTurn()
        stage.failCommit()
        #expect(answer.outcome?.record == nil)
        #expect(answer.outcome?.isKept == false)
        #expect(active(stage).isEmpty)
        let next = begin(stage, .addRule(document: "g"))
        let before = stage.core.journal.committed
        stage.core.reopened(stored(stage)) {}
        #expect(active(stage).isEmpty, "in the turn in which the log is back")
        #expect(stage.core.policy.stamp.revision == 3)
        stage.settle()
        #expect(active(stage) == ["g"])
        #expect(stage.types.suffix(2) == ["revoke", "rule.add"])
        #expect(next.outcome?.record == before + 1)
        #expect(stage.core.administration.isAtRest)
    }

    @Test("a commit fails, and what is revoked in the same turn brings back nothing that was revoked before")
    func revokedWhileACommitFails() {
        let stage = started()
        _ = ask(stage, .addRule(document: "g"))
        let administration = stage.core.administration
        administration.change(.addRule(document: "h")) { _ in
            // The record of the first revocation has not been heard of by now.
            administration.change(Self.revoke("g")) { _ in }
        }
        stage.buildNext()
        stage.endTurn()
        _ = begin(stage, Self.revoke("f"))
        #expect(active(stage) == ["g"])
        stage.failCommit()
        #expect(active(stage).isEmpty)
        #expect(stage.keeping.count == 2)
    }

    @Test("an entry of STATE/revoked is forgotten when all before it are recorded")
    func forgetting() {
        let stage = started()
        _ = ask(stage, .addRule(document: "g"))
        _ = begin(stage, Self.revoke("f"))
        _ = begin(stage, Self.revoke("g"))
        // The second is written first.
        stage.keeping.swapAt(0, 1)
        stage.keepNext()
        stage.commitAll()
        #expect(stage.forgotten == 0, "the first may be there already")
        stage.keepNext()
        #expect(stage.forgotten == 2)
    }

    @Test("who may not act any more is refused in its turn, and when its act has been built")
    func authorLosesPermission() {
        final class Author: AuthorPort {
            let identity = Identity(uid: 0, gid: 0, pid: 1, pidfdInode: nil)
            var authorText: PeerText { PeerText(identity, hash: { _ in "" }) }
            var mayAct = true
            func mayStillAct() -> Bool { mayAct }
        }
        let stage = started()
        let author = Author()
        var results: [Result<PolicyOutcome, PolicyRefusal>] = []
        stage.core.administration.change(.addRule(document: "g"), by: author) { results.append($0) }
        author.mayAct = false
        stage.settle()
        stage.core.administration.change(Self.revoke("f"), by: author) { results.append($0) }
        stage.settle()
        #expect(results.count == 2)
        for case .success in results { Issue.record("it was done") }
        #expect(active(stage) == ["f"])
    }

    /// What the log holds: all that was committed.
    private func stored(_ stage: Stage) -> RestoredState {
        var restored = Stage.restored(size: stage.core.journal.committed)
        var policy = StoredPolicy.none
        for change in stage.changes {
            switch change {
            case .policyRevision(let revision):
                policy.revision = revision.revision
                policy.sha256 = revision.sha256
                if let files = revision.files { policy.files = files }
            case .ruleAdded(let rule): policy.rules.append(rule)
            case .ruleSuspended(let suspension): policy.suspensions.append(suspension)
            default: break
            }
        }
        restored.policy = policy
        return restored
    }

    @Test("acts wait for each other, in the order in which they were asked for")
    func turns() {
        let stage = started()
        let first = begin(stage, .addRule(document: "g"))
        let second = begin(stage, Self.revoke("g"))
        let third = begin(stage, .addRule(document: "g"))
        stage.settle()
        #expect(first.outcome?.record != nil)
        #expect(second.outcome?.record == first.outcome?.record.map { $0 + 1 })
        #expect(third.outcome?.record == first.outcome?.record.map { $0 + 2 })
        #expect(active(stage) == ["f", "g"])
    }

    @Test("what was built while the log was away, on a policy that is no longer in force, is built again")
    func builtOnThePast() {
        let stage = started()
        let lost = begin(stage, .addRule(document: "lost"))
        stage.buildNext()
        stage.endTurn()
        // The commit fails, and is stored nevertheless.
        let batch = stage.batch
        stage.failCommit()
        #expect(lost.outcome == nil)
        var restored = stored(stage)
        restored.size += 1
        for case .ruleAdded(let rule) in batch?.changes ?? [] { restored.policy.rules.append(rule) }
        restored.policy.revision += 1
        restored.policy.sha256 = "another"
        stage.core.reopened(restored) {}
        let next = begin(stage, .addRule(document: "g"))
        stage.buildNext()
        #expect(active(stage) == ["f", "lost"])
        stage.settle()
        #expect(active(stage) == ["f", "lost", "g"])
        #expect(next.outcome?.built.policy.revision == restored.policy.revision + 1)
    }

    @Test("a dry run says what would be, and does nothing")
    func dryRun() {
        let stage = started()
        let records = stage.core.journal.committed
        #expect(ask(stage, Self.revoke("f"), isDryRun: true).outcome?.record == nil)
        #expect(ask(stage, .addRule(document: "g"), isDryRun: true).outcome?.rule?.id == "g")
        let reread = ask(stage, .reread(Self.directory("f", "h"), isStart: false), isDryRun: true)
        #expect(reread.outcome?.changes.map(\.subject) == ["h"])
        #expect(active(stage) == ["f"])
        #expect(stage.core.journal.committed == records)
        #expect(stage.keeping.isEmpty)
    }

    @Test("texts with errors are refused, but for authority that is taken away")
    func errors() {
        let stage = started()
        let grant = begin(stage, .addRule(document: "g"))
        stage.buildNext(errors: ["a mistake"])
        #expect(grant.message == "a mistake")
        let revoke = ask(stage, Self.revoke("f"))
        #expect(active(stage).isEmpty)
        #expect(revoke.outcome?.record != nil)
    }

    @Test("nobody takes the last rule away by which somebody administers")
    func orphan() {
        let stage = started()
        let answer = ask(stage, Self.revoke("owner-administers"))
        #expect(answer.message?.hasPrefix("nobody could administer") == true)
        #expect(stage.core.policy.inForce.permitsAnybodyAdmin)
        #expect(stage.keeping.isEmpty)
    }

    @Test("a directory is applied once, and again when it holds something else")
    func directory() {
        let stage = started()
        #expect(ask(stage, .reread(Self.directory("f"), isStart: false)).outcome?.record == nil)
        #expect(ask(stage, .reread(Self.directory("h"), isStart: false)).outcome?.isDirectorys == true)
        #expect(active(stage) == ["h"])
        #expect(stage.core.administration.applied("/policies") == "h")
        let empty = DirectoryFiles(path: "/policies", sha256: "", files: [])
        #expect(ask(stage, .reread(empty, isStart: false)).message?.contains("holds no policy files") == true)
    }

    @Test("a suspension ends with the file that held its rule")
    func suspension() {
        let stage = started()
        #expect(ask(stage, Self.revoke("f")).outcome?.record != nil)
        #expect(stage.core.policy.inForce.suspended == ["f"])
        #expect(ask(stage, .reread(Self.directory("h"), isStart: false)).outcome?.record != nil)
        #expect(stage.core.policy.inForce.suspended.isEmpty)
        #expect(stage.changes.contains { if case .ruleResumed("f", _) = $0 { true } else { false } })
    }

    @Test("a suspended rule is resumed, another is not")
    func resume() {
        let stage = started()
        #expect(ask(stage, .resume(rule: "f")).message?.contains("is not suspended") == true)
        guard case .notFound = ask(stage, .resume(rule: "x")).refusal else {
            Issue.record("it is done")
            return
        }
        #expect(ask(stage, Self.revoke("f")).outcome?.record != nil)
        #expect(ask(stage, .resume(rule: "f")).outcome?.record != nil)
        #expect(active(stage) == ["f"])
    }

    @Test("a capability that is added carries the index of its record; one of a file is not removed")
    func capabilities() {
        let stage = started()
        let added = ask(stage, .addCapability(Stage.file("b")))
        let record = added.outcome?.record
        #expect(record != nil)
        #expect(stage.core.administration.inForce.added.map(\.record) == [record])
        guard case .nameTaken("b") = ask(stage, .addCapability(Stage.file("b"))).refusal else {
            Issue.record("it is done")
            return
        }
        let removed = begin(stage, .removeCapability(Stage.name("b")))
        #expect(stage.core.holdings[Stage.name("b")] == nil, "in force before it is recorded")
        stage.commitAll()
        #expect(removed.outcome?.record != nil)
        #expect(ask(stage, .removeCapability(Stage.name("a"))).message?.contains("is declared in") == true)
        guard case .notFound = ask(stage, .removeCapability(Stage.name("z"))).refusal else {
            Issue.record("it is done")
            return
        }
    }

    @Test("what STATE/revoked holds is in force before the start goes on, and is recorded then")
    func takeUp() {
        let stage = started()
        var isDone = false
        stage.core.administration.takeUp([
            KeptRevocation(
                number: 7, rules: RevokedRules(ids: ["f", "gone"], reason: "why", revision: nil), takenAwaySince: [])
        ]) {
            isDone = true
        }
        #expect(active(stage).isEmpty)
        #expect(!isDone)
        stage.settle()
        #expect(isDone)
        #expect(stage.types.last == "revoke")
        #expect(stage.texts("revoke")[0].contains("\"reason\":\"why\""))
        #expect(stage.forgotten == 7)
    }
}
