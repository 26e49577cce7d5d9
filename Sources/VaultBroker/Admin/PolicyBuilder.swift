// SPDX-License-Identifier: Apache-2.0

import PolicyFiles
import Synchronization
import VaultLedger
import VaultModel
import VaultPolicy

/// Makes the policy in force from what is stored: reads the texts, resolves names, compiles. It blocks (names may come
/// from a directory server), so it runs on the work thread.
struct PolicyBuilder: Sendable {
    /// What is to be built; its `sha256` is computed here.
    var stored: StoredPolicy
    var added: [StoredCapability]
    var bootID: String

    struct Built: Sendable {
        var policy: PolicyInForce
        /// Names that mean another id than what is stored, or were not stored.
        var resolved: [ResolvedName]
        /// Errors and warnings of everything that was read.
        var problems: [PolicyProblem]

        var errors: [PolicyProblem] { problems.filter { $0.severity == .error } }
    }

    func build() -> Built {
        let names = RememberingNames(stored.names)
        let files = stored.files.map { PolicyFile(path: $0.path, text: $0.text) }
        var (set, problems) = PolicyReader.read(files, names: names)
        // What the files say twice the reader has told; here only files and commands are compared.
        var rules = set.rules.map { $0.anchored(stored.filesAnchor) }
        for stored in stored.rules {
            let origin: RuleOrigin = stored.origin == "bootstrap" ? .bootstrap : .granted
            let (read, wrong) = PolicyReader.readRule(
                document: stored.document, origin: origin, names: names, isStored: true)
            problems += wrong
            guard let read else { continue }
            if let other = set.rules.first(where: { $0.id == read.id }) {
                problems.append(Self.clash("the rule '\(read.id)'", other.place, "give one of them another id"))
            } else {
                rules.append(read.anchored(stored.anchor))
            }
        }
        let declared = set.capabilities
        for stored in added {
            let (read, wrong) = PolicyReader.readCapability(document: stored.document, names: names)
            problems += wrong
            guard let read else { continue }
            if let other = declared.first(where: { $0.name == read.name }) {
                problems.append(
                    Self.clash("the capability '\(read.name)'", other.place, "remove the added one, or rename one"))
            } else {
                set.capabilities.append(read)
            }
        }
        var policy = PolicyInForce(stored: stored, added: added)
        policy.stored.sha256 = stored.digest
        policy.stored.names = names.all
        policy.capabilities = set.capabilities
        policy.problems = problems
        policy.compiled = CompiledPolicy(
            rules: rules, suspended: Set(stored.suspensions.map(\.rule)), revision: stored.revision,
            sha256: policy.stored.sha256, bootID: bootID)
        return Built(policy: policy, resolved: names.changed, problems: problems)
    }

    /// Ids and names are unique over files and commands together.
    private static func clash(_ what: String, _ place: Place?, _ remedy: String) -> PolicyProblem {
        PolicyProblem(
            path: place?.path ?? "", line: place?.line ?? 0, column: place?.column ?? 0,
            message: "\(what) exists twice: in a file and by command", remedy: remedy)
    }
}

extension Rule {
    /// The same, with its times tied to the moment when it was applied. A rule without such times stays as it is.
    fileprivate func anchored(_ anchor: TimeAnchor?) -> Rule {
        guard conditions.notBeforeUSec != nil || conditions.notAfterUSec != nil else { return self }
        var rule = self
        rule.anchor = anchor
        return rule
    }
}

/// Resolves names by the system, and falls back on the ids that they had when the policy was applied.
private final class RememberingNames: NameResolver, Sendable {
    private struct Key: Hashable {
        let kind: ResolvedName.Kind
        let name: String
    }

    private let before: [Key: UInt32]
    private let used = Mutex<[Key: UInt32]>([:])
    private let system = SystemNames()

    init(_ names: [ResolvedName]) {
        before = Dictionary(names.map { (Key(kind: $0.kind, name: $0.name), $0.id) }) { $1 }
    }

    func uid(ofUser name: String) -> UInt32? {
        remember(Key(kind: .user, name: name), system.uid(ofUser: name))
    }

    func gid(ofGroup name: String) -> UInt32? {
        remember(Key(kind: .group, name: name), system.gid(ofGroup: name))
    }

    /// Every name that the policy uses, sorted.
    var all: [ResolvedName] {
        used.withLock { $0.map { ResolvedName(kind: $0.key.kind, name: $0.key.name, id: $0.value) } }
            .sorted { ($0.kind.rawValue, $0.name) < ($1.kind.rawValue, $1.name) }
    }

    /// Those that have no stored id, or another one.
    var changed: [ResolvedName] {
        all.filter { before[Key(kind: $0.kind, name: $0.name)] != $0.id }
    }

    private func remember(_ key: Key, _ now: UInt32?) -> UInt32? {
        guard let id = now ?? before[key] else { return nil }
        used.withLock { $0[key] = id }
        return id
    }
}
