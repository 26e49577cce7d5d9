// SPDX-License-Identifier: Apache-2.0

import PolicyFiles
import Records
import VaultCore
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
    /// What the opener opens, as far as it is known.
    var places: OpenerPlaces?
    /// Whether the files were applied before, and so must not get lost by what a later version refuses.
    var filesAreStored = true
    /// Takes names for what is stored of them, as the policy of the past that it is; asks the system only for others.
    var isOfThePast = false

    func build() -> BuiltPolicy {
        let names = RememberingNames(stored.names, isOfThePast: isOfThePast)
        let files = stored.files.map { PolicyFile(path: $0.path, text: $0.text) }
        var (set, problems) = PolicyReader.read(files, names: names, isStored: filesAreStored)
        // What the files say twice the reader has reported; here only files and commands are compared.
        var rules = set.rules.map { $0.anchored(stored.filesAnchor) }
        let rulesOfFiles = Dictionary(set.rules.map { ($0.id, $0) }) { first, _ in first }
        for stored in stored.rules {
            let origin: RuleOrigin = stored.origin == "bootstrap" ? .bootstrap : .granted
            let (read, wrong) = PolicyReader.readRule(
                document: stored.document, origin: origin, names: names, isStored: true)
            problems += wrong
            guard let read else { continue }
            if let other = rulesOfFiles[read.id] {
                problems.append(Self.clash("the rule '\(read.id)'", other.place, "give one of them another id"))
            } else {
                rules.append(read.anchored(stored.anchor))
            }
        }
        let declared = Dictionary(set.capabilities.map { ($0.name, $0) }) { first, _ in first }
        for stored in added {
            let (read, wrong) = PolicyReader.readCapability(
                document: stored.document, names: names, isStored: true)
            problems += wrong
            guard let read else { continue }
            if let other = declared[read.name] {
                problems.append(
                    Self.clash("the capability '\(read.name)'", other.place, "remove the added one, or rename one"))
            } else {
                set.capabilities.append(read)
            }
        }
        problems += Self.warnings(rules, set.capabilities, names)
        // Of what could not be read the names are not known.
        let isWhole = !problems.contains { $0.severity == .error }
        let forgotten = isWhole ? names.unused : []
        var policy = PolicyInForce(stored: stored, added: added)
        policy.filesSHA256 = PolicyDirectory.hash(of: files)
        policy.stored.sha256 = stored.digest
        policy.stored.names = isWhole ? names.all : names.all + names.unused
        policy.capabilities = set.capabilities
        policy.problems = problems
        // What is opened at the start has failed by itself, with more to say of why.
        policy.placeProblems =
            places?.problems(of: set.capabilities.filter { $0.opening != .atStart }, looks: false) ?? []
        policy.compiled = CompiledPolicy(
            rules: rules, suspended: Set(stored.suspensions.map(\.rule)), revision: stored.revision,
            sha256: policy.stored.sha256, bootID: bootID)
        return BuiltPolicy(policy, resolved: names.changed, forgotten: forgotten, problems: problems)
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
