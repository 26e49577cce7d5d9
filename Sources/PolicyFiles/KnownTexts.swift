// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// What was read of the texts of a policy, so that a text that is still there is not read again when another is added to it.
///
/// What a text says rests on itself and on what its names and zones mean: it is known as long as these are the same. Only
/// what the last run used is kept, and only what was read without an error.
package struct KnownTexts: Sendable {
    /// A file, with what was read of it.
    struct File: Sendable {
        let file: PolicyFile
        /// What it says; of one that is known it stands in what all of them say.
        fileprivate(set) var set: PolicySet?
        fileprivate var rules = 0..<0
        fileprivate var capabilities = 0..<0
        fileprivate var tests = 0..<0
        let problems: [PolicyProblem]
        let lookedUp: LookedUp
        /// Whether it was read as one that was accepted before.
        let isStored: Bool

        init(_ file: PolicyFile, _ context: ReadingContext, _ body: (ProblemList) -> PolicySet) {
            let read = context.reading(body)
            self.file = file
            set = read.value
            problems = read.problems.problems
            lookedUp = read.lookedUp
            isStored = context.isStored
        }

        /// A stored one is warned of where another is refused, and an error keeps it from being known.
        fileprivate func isRead(as context: ReadingContext) -> Bool {
            isStored == context.isStored || !isStored
                || (problems.isEmpty && !lookedUp.zones.values.contains { $0.offsets == nil })
        }
    }

    /// A rule or a capability that was stored by itself.
    private struct Document<Value: Sendable>: Sendable {
        let value: Value
        let problems: [PolicyProblem]
        let lookedUp: LookedUp
        /// The run that used it last.
        var run: Int
    }

    /// Texts are the same whose bytes are.
    private struct Key: Hashable {
        let document: String
        var isBootstrap = false

        static func == (left: Self, right: Self) -> Bool {
            left.isBootstrap == right.isBootstrap && left.document.isSame(as: right.document)
        }
    }

    private var files: [File] = []
    /// What these files say together.
    private var whole: (set: PolicySet, problems: [PolicyProblem])?
    private var rules: [Key: Document<Rule>] = [:]
    private var capabilities: [Key: Document<Capability>] = [:]
    private var run = 0

    /// How many texts were read in this run.
    package private(set) var readCount = 0

    package init() {}

    /// Begins a run.
    package mutating func begin() {
        run += 1
        readCount = 0
    }

    /// Ends it: what was not used in it is forgotten.
    package mutating func end() {
        if rules.values.contains(where: { $0.run != run }) { rules = rules.filter { $0.value.run == run } }
        if capabilities.values.contains(where: { $0.run != run }) {
            capabilities = capabilities.filter { $0.value.run == run }
        }
    }

    /// What the files said that were read last.
    var ofFiles: PolicySet? { whole?.set }

    func file(_ file: PolicyFile, _ context: ReadingContext) -> File? {
        guard let known = files.first(where: { $0.file == file }), known.isRead(as: context),
            context.names.stillMeans(known.lookedUp), context.zones.stillMeans(known.lookedUp)
        else { return nil }
        return known
    }

    /// What files say together, with the problems that none of them has by itself.
    mutating func together(_ read: [File]) -> (PolicySet, [PolicyProblem]) {
        let newCount = read.count { $0.set != nil }
        readCount += newCount
        if let whole, newCount == 0, read.map(\.file) == files.map(\.file) { return whole }
        var (set, now) = (PolicySet(), read)
        let problems = ProblemList()
        for index in now.indices {
            let starts = (set.rules.count, set.capabilities.count, set.tests.count)
            if let new = now[index].set {
                set.capabilities += new.capabilities
                set.rules += new.rules
                set.tests += new.tests
            } else if let whole = whole?.set {
                set.capabilities += whole.capabilities[now[index].capabilities]
                set.rules += whole.rules[now[index].rules]
                set.tests += whole.tests[now[index].tests]
            }
            now[index].set = nil
            now[index].rules = starts.0..<set.rules.count
            now[index].capabilities = starts.1..<set.capabilities.count
            now[index].tests = starts.2..<set.tests.count
            problems.add(now[index].problems)
        }
        SetChecker(problems: problems).check(set)
        let found = problems.inOrder(of: now.map(\.file.path))
        // Files with errors are not applied: those that are in force stay.
        if problems.errorCount == 0 { (files, whole) = (now, (set, found)) }
        return (set, found)
    }

    mutating func rule(
        _ document: String, _ origin: RuleOrigin, _ context: ReadingContext, _ read: () -> Rule?
    ) -> (Rule?, [PolicyProblem]) {
        let key = Key(document: document, isBootstrap: origin == .bootstrap)
        return Self.document(key, &rules, run, &readCount, context, read)
    }

    mutating func capability(
        _ document: String, _ context: ReadingContext, _ read: () -> Capability?
    ) -> (Capability?, [PolicyProblem]) {
        Self.document(Key(document: document), &capabilities, run, &readCount, context, read)
    }

    private static func document<Value>(
        _ key: Key, _ known: inout [Key: Document<Value>], _ run: Int, _ readCount: inout Int,
        _ context: ReadingContext, _ read: () -> Value?
    ) -> (Value?, [PolicyProblem]) {
        if let found = known[key], context.names.stillMeans(found.lookedUp), context.zones.stillMeans(found.lookedUp) {
            if found.run != run { known[key]?.run = run }
            return (found.value, found.problems)
        }
        readCount += 1
        let found = context.reading { _ in read() }
        let problems = found.problems.inOrder()
        known[key] = nil
        if let value = found.value, found.problems.errorCount == 0 {
            known[key] = Document(value: value, problems: problems, lookedUp: found.lookedUp, run: run)
        }
        return (found.value, problems)
    }
}

/// Reads rules and capabilities that were stored one by one, each name looked up once for all of them.
package struct StoredTexts {
    private let context: ReadingContext

    package init(names: some NameResolver, zones: some ZoneSource = SystemZones()) {
        context = ReadingContext(names: names, zones: zones, isStored: true)
    }

    package func rule(
        _ document: String, origin: RuleOrigin, known: inout KnownTexts
    ) -> (Rule?, [PolicyProblem]) {
        known.rule(document, origin, context) { PolicyReader.readRule(document, "document", origin, nil, context) }
    }

    package func capability(_ document: String, known: inout KnownTexts) -> (Capability?, [PolicyProblem]) {
        known.capability(document, context) { PolicyReader.readCapability(document, "document", context) }
    }
}
