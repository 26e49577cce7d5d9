// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// A text of a document, with its place.
struct PlacedText {
    let text: String
    let place: Place
}

/// The members of a mapping, by key. Each reading method reports what is wrong and then answers nil, so that the
/// reading goes on and finds the rest.
package struct MappingReader {
    let place: Place
    package let problems: ProblemList

    /// What the mapping is, for messages: `a rule`.
    private let what: String
    private var members: [String: DocumentNode.Member] = [:]

    /// nil when the node is no mapping. Keys that are not known are reported, with the known key that is nearest, or
    /// with the remedy that `hints` has for them.
    package init?(
        _ node: DocumentNode, _ what: String, keys: [String], hints: [String: String] = [:], problems: ProblemList
    ) {
        guard case .mapping(let members) = node.content else {
            problems.add(
                "\(what) is \(node.form)", remedy: "write a mapping with the keys \(keys.joined(separator: ", "))",
                at: node.place)
            return nil
        }
        place = node.place
        self.problems = problems
        self.what = what
        for member in members {
            guard keys.contains(member.key) else {
                let list = "\(what) has the keys \(keys.joined(separator: ", "))"
                problems.add(
                    "'\(member.key)' is not a key of \(what)",
                    remedy: hints[member.key] ?? Suggestion.remedy(for: member.key, in: keys, otherwise: list),
                    at: member.keyPlace)
                continue
            }
            // A key that comes again has been reported where the document was read.
            if self.members[member.key] == nil { self.members[member.key] = member }
        }
    }

    func has(_ key: String) -> Bool { members[key] != nil }

    /// Where a key stands; the mapping itself when it does not.
    func keyPlace(_ key: String) -> Place { members[key]?.keyPlace ?? place }

    package func valuePlace(_ key: String) -> Place { members[key]?.value.place ?? place }

    package func node(_ key: String) -> DocumentNode? { members[key]?.value }

    /// Reports that a key is missing.
    func require(_ key: String, remedy: String) {
        if !has(key) { problems.add("\(what) has no '\(key)'", remedy: remedy, at: place) }
    }

    /// Reports a key that is there but must not be.
    package func refuse(_ key: String, because message: String, remedy: String) {
        if has(key) { problems.add("'\(key)': \(message)", remedy: remedy, at: keyPlace(key)) }
    }

    /// One text.
    func text(_ key: String) -> PlacedText? {
        guard let value = members[key]?.value else { return nil }
        return text(value, of: key)
    }

    /// One text or a list of them; not empty.
    func texts(_ key: String) -> [PlacedText]? {
        guard let value = members[key]?.value else { return nil }
        guard case .list(let items) = value.content else { return text(value, of: key).map { [$0] } }
        guard !items.isEmpty else {
            problems.add("'\(key)' is an empty list", remedy: "write at least one value", at: value.place)
            return nil
        }
        let texts = items.compactMap { text($0, of: key) }
        return texts.count == items.count ? texts : nil
    }

    /// One text, read to a value.
    package func value<Value>(_ key: String, _ parse: (String) throws(InvalidText) -> Value) -> Value? {
        text(key).flatMap { read($0, parse) }
    }

    /// One text or a list, each read to a value; nil when one of them is wrong.
    package func values<Value>(_ key: String, _ parse: (String) throws(InvalidText) -> Value) -> [Value]? {
        guard let texts = texts(key) else { return nil }
        let values = texts.compactMap { read($0, parse) }
        return values.count == texts.count ? values : nil
    }

    /// The rights of `rights`, all together.
    func rights(of possible: Rights = .all) -> Rights? {
        values("rights") { (text: String) throws(InvalidText) -> Rights in
            let right = try Rights.parse([text])
            guard right.isSubset(of: possible) else {
                throw InvalidText("'\(text)' is not a right of this kind", remedy: "write \(possible)")
            }
            return right
        }?.reduce(into: Rights()) { $0.formUnion($1) }
    }

    func read<Value>(_ text: PlacedText, _ parse: (String) throws(InvalidText) -> Value) -> Value? {
        do {
            return try parse(text.text)
        } catch {
            problems.add(error, at: text.place)
            return nil
        }
    }

    private func text(_ node: DocumentNode, of key: String) -> PlacedText? {
        guard case .scalar(let text) = node.content else {
            problems.add("'\(key)' holds \(node.form)", remedy: "write a text", at: node.place)
            return nil
        }
        guard !text.isEmpty else {
            problems.add("'\(key)' has no value", remedy: "write one, or leave the key out", at: node.place)
            return nil
        }
        return PlacedText(text: text, place: node.place)
    }
}
