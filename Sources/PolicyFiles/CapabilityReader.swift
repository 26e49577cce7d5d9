// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Reads one capability.
struct CapabilityReader {
    let context: ReadingContext

    static let keys = ["name"] + SourceReader.keys + ["delivery", "open", "renew"]

    private static let hints = [
        "rights": "write it inside the key that says what the capability is, such as file: { path: …, rights: [read] }",
        "path": "write file: { path: … }", "mode": "write it inside 'listen', or as 'create' inside 'file'",
        "kind": "write the kind as a key, such as file: { path: … }",
        "secret": "write memory: { file: PATH } or memory: { credential: NAME }",
        "socket": "write listen: { unix: PATH, as: USER }",
        "opening": "write open: at-start, on-first-use or each-grant",
    ]

    /// nil when something is wrong with it, which has been reported.
    func read(_ node: DocumentNode) -> Capability? {
        let problems = context.problems
        let before = problems.errorCount
        guard
            let mapping = MappingReader(node, "a capability", keys: Self.keys, hints: Self.hints, problems: problems)
        else { return nil }
        mapping.require("name", remedy: "name it; rules and clients ask for the name")
        let name = mapping.value("name", CapabilityName.init)
        let source = readSource(mapping)
        var delivery = mapping.value("delivery", Self.delivery)
        var opening: Opening? = mapping.value(
            "open", ScalarText.word("is not a time to open", remedy: "write at-start, on-first-use or each-grant"))
        let renewal: Renewal? = mapping.value(
            "renew", ScalarText.word("is no time to renew", remedy: "write replaced, written or asked"))
        if let source = source?.source {
            checkHandling(of: source, &delivery, &opening, mapping)
            check(renewal, of: source, opening, mapping)
        }
        guard let name, let source, problems.errorCount == before else { return nil }
        let capability = Capability(
            name: name, source: source.source, rights: source.rights, delivery: delivery, opening: opening,
            renewal: renewal, place: node.place)
        if capability.rights.contains(.append) {
            problems.warn(
                "a holder of '\(name)' can turn 'append' into writing anywhere",
                remedy: "give the file the append-only attribute (chattr +a)", at: source.place)
        }
        if capability.kind == .directory {
            problems.warn(
                "a holder of '\(name)' reaches all beneath the directory, and by '..' all above, with rights of their own",
                remedy:
                    "who is to stay beneath opens with openat2(2) and RESOLVE_BENEATH; or name the files, each as a file",
                at: source.place)
        }
        return capability
    }

    private func readSource(_ mapping: MappingReader) -> (source: CapabilitySource, rights: Rights?, place: Place)? {
        let present = SourceReader.keys.filter(mapping.has)
        guard let key = present.first, let node = mapping.node(key) else {
            mapping.problems.add(
                "a capability says nothing of what it is",
                remedy: "write one of \(SourceReader.heldKeys.joined(separator: ", "))", at: mapping.place)
            return nil
        }
        for other in present.dropFirst() {
            mapping.problems.add(
                "a capability is both '\(key)' and '\(other)'", remedy: "keep one of them", at: mapping.keyPlace(other))
        }
        return SourceReader(context: context).read(key, at: mapping.keyPlace(key), node).map {
            ($0.source, $0.rights, node.place)
        }
    }

    /// Refuses what nothing would act on for this kind. Of what is stored it is warned of, and the usual is taken, which is
    /// what was done.
    private func checkHandling(
        of source: CapabilitySource, _ delivery: inout Delivery?, _ opening: inout Opening?, _ mapping: MappingReader
    ) {
        if case .connection = source, delivery == nil {
            mapping.problems.add(
                "who gets a connection has its socket: it can be connected elsewhere, and listened with, past every filter"
                    + " of the holder's own network",
                remedy: "write delivery: shared, if that is meant", at: mapping.place)
        }
        if let chosen = delivery, !source.deliveries.contains(chosen) {
            context.refuse(
                "a \(source.kind.rawValue) cannot be delivered \(chosen.rawValue)",
                remedy: Self.choice(of: source.deliveries.map(\.rawValue)), at: mapping.valuePlace("delivery"))
            delivery = nil
        }
        if let chosen = opening, !source.openings.contains(chosen) {
            context.refuse(
                "a \(source.kind.rawValue) cannot be opened \(chosen.rawValue)",
                remedy: Self.choice(of: source.openings.map(\.rawValue)), at: mapping.valuePlace("open"))
            opening = nil
        }
        // A helper, which is opened for each grant in any case, may pass what others have.
        if opening == .eachGrant, delivery == .shared, source.deliveries.contains(.fresh) {
            context.refuse(
                "a \(source.kind.rawValue) that is opened for each grant is a description of its own each time, and not shared",
                remedy: "write delivery: fresh, or open: at-start", at: mapping.valuePlace("delivery"))
            delivery = nil
        }
    }

    private func check(
        _ renewal: Renewal?, of source: CapabilitySource, _ opening: Opening?, _ mapping: MappingReader
    ) {
        guard let renewal else { return }
        if !source.renewals.contains(renewal) {
            mapping.problems.add(
                "a \(source.kind.rawValue) is not renewed when it is \(renewal.rawValue)",
                remedy: source.renewals.isEmpty
                    ? "remove 'renew'; write it for a file or for memory"
                    : Self.choice(of: source.renewals.map(\.rawValue)), at: mapping.valuePlace("renew"))
        } else if opening == .eachGrant {
            mapping.problems.add(
                "what is opened for each grant is not held, and so not renewed",
                remedy: "write open: at-start, or remove 'renew'", at: mapping.valuePlace("renew"))
        }
    }

    private static func choice(of words: [String]) -> String {
        "write \(words.joined(separator: " or ")), or leave the key out"
    }

    private static func delivery(_ text: String) throws(InvalidText) -> Delivery {
        if ["relay", "revocable"].contains(text) {
            throw InvalidText(
                "this version does not deliver as '\(text)'", remedy: "write fresh or shared, or leave the key out")
        }
        return try ScalarText.word("is not a way of delivery", remedy: "write fresh or shared")(text)
    }
}
