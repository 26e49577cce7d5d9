// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Reads policy files, and single rules and capabilities of the same form.
package enum PolicyReader {
    /// The version of the language that this reads: `vault: 1`.
    package static let version = 1

    /// Reads files as one document. All problems of all files are found in one run; with an error among them the set
    /// is what could be understood, and must not be applied.
    ///
    /// `isStored`: the files were accepted before, so a time zone that is gone is no error, nor is a value that is refused
    /// by now: it is warned of, and does what it did, which is nothing.
    ///
    /// Looks up users, groups and time zones, so it is not for the event loop.
    package static func read(
        _ files: [PolicyFile], names: some NameResolver, zones: some ZoneSource = SystemZones(), isStored: Bool = false
    ) -> (PolicySet, [PolicyProblem]) {
        var known = KnownTexts()
        return read(files, names: names, zones: zones, isStored: isStored, known: &known)
    }

    /// The same, but that of files that are known what was read of them is taken: of those whose names and zones are what
    /// they were.
    package static func read(
        _ files: [PolicyFile], names: some NameResolver, zones: some ZoneSource = SystemZones(), isStored: Bool,
        known: inout KnownTexts
    ) -> (PolicySet, [PolicyProblem]) {
        let context = ReadingContext(names: names, zones: zones, isStored: isStored)
        let kept = KeptSet(known.ofFiles)
        let read = files.map { file in
            known.file(file, context)
                ?? KnownTexts.File(file, context) { problems in
                    YAMLDocument.read(file.text, path: file.path, problems: problems) { node in
                        var set = PolicySet()
                        Self.read(node, origin: .file(file.path), context, into: &set)
                        return kept.keep(set)
                    } ?? PolicySet()
                }
        }
        return known.together(read)
    }

    /// Reads one rule from a document, YAML or JSON. It may leave out its id when there is a `defaultID`.
    ///
    /// `isStored`: the document was accepted before, so a time zone that is gone is no error; nothing is then known
    /// about local times, and the rule permits nothing.
    package static func readRule(
        document: String, origin: RuleOrigin, names: some NameResolver, zones: some ZoneSource = SystemZones(),
        path: String = "document", defaultID: String? = nil, isStored: Bool = false
    ) -> (Rule?, [PolicyProblem]) {
        let context = ReadingContext(names: names, zones: zones, isStored: isStored)
        return (readRule(document, path, origin, defaultID, context), context.problems.inOrder())
    }

    static func readRule(
        _ document: String, _ path: String, _ origin: RuleOrigin, _ defaultID: String?, _ context: ReadingContext
    ) -> Rule? {
        let node = YAMLDocument.read(document, path: path, problems: context.problems)
        return node.flatMap { RuleReader(context: context, origin: origin, defaultID: defaultID).read($0) }
    }

    /// Reads one capability from a document, YAML or JSON. `isStored` is as for files.
    package static func readCapability(
        document: String, names: some NameResolver, path: String = "document", isStored: Bool = false
    ) -> (Capability?, [PolicyProblem]) {
        let context = ReadingContext(names: names, zones: SystemZones(), isStored: isStored)
        return (readCapability(document, path, context), context.problems.inOrder())
    }

    static func readCapability(_ document: String, _ path: String, _ context: ReadingContext) -> Capability? {
        let node = YAMLDocument.read(document, path: path, problems: context.problems)
        return node.flatMap { CapabilityReader(context: context).read($0) }
    }

    private static func read(
        _ node: DocumentNode, origin: RuleOrigin, _ context: ReadingContext, into set: inout PolicySet
    ) {
        let keys = ["vault", "capabilities", "rules", "tests"]
        guard let mapping = MappingReader(node, "a policy file", keys: keys, problems: context.problems) else { return }
        mapping.require("vault", remedy: "begin the file with 'vault: \(version)', the version of its language")
        _ = mapping.value("vault") { (text: String) throws(InvalidText) -> Int in
            guard text == String(version) else {
                throw InvalidText("'\(text)' is not a version that this reads", remedy: "write vault: \(version)")
            }
            return version
        }
        let capabilities = CapabilityReader(context: context)
        set.capabilities += items(mapping, "capabilities").compactMap(capabilities.read)
        let rules = RuleReader(context: context, origin: origin)
        set.rules += items(mapping, "rules").compactMap(rules.read)
        let tests = TestReader(context: context)
        set.tests += items(mapping, "tests").compactMap(tests.read)
    }

    /// The elements of a list; a key without a value has none.
    private static func items(_ mapping: MappingReader, _ key: String) -> [DocumentNode] {
        guard let node = mapping.node(key) else { return [] }
        switch node.content {
        case .list(let items): return items
        case .scalar(""): return []
        case .scalar, .mapping:
            mapping.problems.add(
                "'\(key)' is \(node.form)", remedy: "write a list, each entry after '- '", at: node.place)
            return []
        }
    }
}

/// What a set of policy files says, as one document.
package struct PolicySet: Sendable, Equatable {
    package var capabilities: [Capability] = []
    package var rules: [Rule] = []
    package var tests: [PolicyTest] = []

    package init() {}
}

/// What the readers of all parts of a run share.
final class ReadingContext {
    private(set) var problems = ProblemList()
    let names: NameLookup
    let zones: ZoneLookup

    /// Whether what is read was accepted before, so that what a later version refuses is kept with a warning: rules must
    /// not get lost because a file of theirs says more than is done.
    let isStored: Bool

    init(names: some NameResolver, zones: some ZoneSource, isStored: Bool = false) {
        self.names = NameLookup(names)
        self.zones = ZoneLookup(zones, acceptsUnknown: isStored)
        self.isStored = isStored
    }

    /// Reports a key or value that nothing would act on.
    func refuse(_ message: String, remedy: String, at place: Place) {
        problems.add(message, remedy: remedy, at: place, severity: isStored ? .warning : .error)
    }

    /// Reads one text with a list of problems of its own, and tells on what it rests beside the text.
    func reading<Value>(_ body: (ProblemList) -> Value) -> (value: Value, problems: ProblemList, lookedUp: LookedUp) {
        problems = ProblemList()
        names.used = LookedUp()
        zones.used = [:]
        let value = body(problems)
        var lookedUp = names.used
        lookedUp.zones = zones.used
        return (value, problems, lookedUp)
    }
}
