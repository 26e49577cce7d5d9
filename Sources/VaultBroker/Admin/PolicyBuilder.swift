// SPDX-License-Identifier: Apache-2.0

import PolicyFiles
import Records
import Synchronization
import VaultCore
import VaultLedger
import VaultModel
import VaultPolicy

/// What the builds of the policies in force leave for one another. They are made one after the other, on the work thread.
final class KnownPolicy: Sendable {
    private let known = Mutex(PolicyBuilder.Known())

    /// - Returns: the policy, and what its hash was found with.
    func build(_ builder: PolicyBuilder) -> (BuiltPolicy, PolicyHash) {
        known.withLock { known in (builder.build(&known), known.hash) }
    }
}

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
    /// Whether every name is looked up; otherwise those of texts that are known only if another of them has changed.
    var looksAgain = true
    /// What the changes are told against, if they are.
    var before: PolicyInForce?
    /// Whether it will not be in force.
    var isTrial = false

    /// What one build leaves for the next: that of the texts, names and rules that are the same need not be made again.
    struct Known: Sendable {
        fileprivate var texts = KnownTexts()
        fileprivate var names: [RememberingNames.Key: RememberingNames.Meaning] = [:]
        fileprivate var compiled: CompiledPolicy?
        fileprivate var directory: (files: [StoredFile], sha256: String)?
        fileprivate var places: (of: OpenerPlaces?, capabilities: [Capability], problems: [PolicyProblem])?
        /// The hash of what was built.
        fileprivate(set) var hash = PolicyHash()

        init() {}
    }

    /// Builds a policy with nothing known of it.
    func build() -> BuiltPolicy {
        var known = Known()
        return build(&known)
    }

    /// - Parameter known: what the build before left; that of this one then, unless it is a trial or has errors in its files.
    func build(_ known: inout Known) -> BuiltPolicy {
        guard isTrial || !filesAreStored else { return build(updating: &known) }
        var next = known
        let built = build(updating: &next)
        if !isTrial, built.errors.isEmpty { known = next }
        return built
    }

    private func build(updating known: inout Known) -> BuiltPolicy {
        if !looksAgain, !isOfThePast {
            let names = RememberingNames(stored.names, known: known.names)
            let built = build(names, &known)
            // A name that a new text brings may mean something else than the others took it for.
            if !names.hasChanged { return built }
        }
        return build(RememberingNames(stored.names, isOfThePast: isOfThePast), &known)
    }

    private func build(_ names: RememberingNames, _ known: inout Known) -> BuiltPolicy {
        known.texts.begin()
        let files = stored.files.map { PolicyFile(path: $0.path, text: $0.text) }
        var (set, problems) = PolicyReader.read(
            files, names: names, isStored: filesAreStored, known: &known.texts)
        // What the files say twice the reader has reported; here only files and commands are compared.
        let ofFiles = set.rules.anchored(stored.filesAnchor)
        var ofStore: [Rule] = []
        let texts = StoredTexts(names: names)
        let storedIDs = Set(stored.rules.map(\.id))
        var rulesOfFiles: [String: Place?] = [:]
        for place in ofFiles.indices where storedIDs.contains(ofFiles[place].id) {
            let id = ofFiles[place].id
            rulesOfFiles[id] = rulesOfFiles[id] ?? ofFiles[place].place
        }
        for stored in stored.rules {
            let origin: RuleOrigin = stored.origin == "bootstrap" ? .bootstrap : .granted
            let (read, wrong) = texts.rule(stored.document, origin: origin, known: &known.texts)
            problems += wrong
            guard let read else { continue }
            if let place = rulesOfFiles[read.id] {
                problems.append(Self.clash("the rule '\(read.id)'", place, "give one of them another id"))
            } else {
                ofStore += [read].anchored(stored.anchor)
            }
        }
        let addedNames = Set(added.map(\.name))
        var declared: [CapabilityName: Place?] = [:]
        if !addedNames.isEmpty {
            for capability in set.capabilities where addedNames.contains(capability.name.text) {
                declared[capability.name] = declared[capability.name] ?? capability.place
            }
        }
        for stored in added {
            let (read, wrong) = texts.capability(stored.document, known: &known.texts)
            problems += wrong
            guard let read else { continue }
            if let place = declared[read.name] {
                problems.append(
                    Self.clash("the capability '\(read.name)'", place, "remove the added one, or rename one"))
            } else {
                set.capabilities.append(read)
            }
        }
        known.texts.end()
        problems += Self.warnings([ofFiles, ofStore], set.capabilities, names)
        known.names = names.meanings
        // Of what could not be read the names are not known.
        let isWhole = !problems.contains { $0.severity == .error }
        let forgotten = isWhole ? names.unused : []
        var policy = PolicyInForce(stored: stored, added: added)
        policy.filesSHA256 = directoryHash(files, &known)
        policy.stored.sha256 = known.hash.digest(of: stored)
        policy.stored.names = isWhole ? names.all : names.all + names.unused
        policy.capabilities = set.capabilities
        policy.problems = problems
        policy.placeProblems = placeProblems(set.capabilities, &known)
        policy.compiled = CompiledPolicy(
            lists: [ofFiles, ofStore], suspended: Set(stored.suspensions.map(\.rule)), revision: stored.revision,
            sha256: policy.stored.sha256, bootID: bootID, former: known.compiled)
        known.compiled = policy.compiled
        var built = BuiltPolicy(policy, resolved: names.changed, forgotten: forgotten, problems: problems)
        built.changes = before?.changes(to: policy)
        built.textsRead = known.texts.readCount
        return built
    }

    private func directoryHash(_ files: [PolicyFile], _ known: inout Known) -> String {
        if let directory = known.directory, directory.files == stored.files { return directory.sha256 }
        let sha256 = PolicyDirectory.hash(of: files)
        known.directory = (stored.files, sha256)
        return sha256
    }

    /// What is opened at the start has failed by itself, with more to say of why.
    private func placeProblems(_ capabilities: [Capability], _ known: inout Known) -> [PolicyProblem] {
        if let before = known.places, before.of == places, before.capabilities == capabilities {
            return before.problems
        }
        let problems = places?.problems(of: capabilities.filter { $0.opening != .atStart }, looks: false) ?? []
        known.places = (places, capabilities, problems)
        return problems
    }

    /// Ids and names are unique over files and commands together.
    private static func clash(_ what: String, _ place: Place?, _ remedy: String) -> PolicyProblem {
        PolicyProblem(
            path: place?.path ?? "", line: place?.line ?? 0, column: place?.column ?? 0,
            message: "\(what) exists twice: in a file and by command", remedy: remedy)
    }
}

extension [Rule] {
    /// The same, with their times tied to the moment when they were applied. A rule without such times stays as it is.
    fileprivate func anchored(_ anchor: TimeAnchor?) -> [Rule] {
        guard contains(where: \.hasTimesToAnchor) else { return self }
        return map { rule in
            guard rule.hasTimesToAnchor else { return rule }
            var rule = rule
            rule.anchor = anchor
            return rule
        }
    }
}

extension Rule {
    fileprivate var hasTimesToAnchor: Bool { conditions.notBeforeUSec != nil || conditions.notAfterUSec != nil }
}
