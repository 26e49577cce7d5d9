// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit
import VaultInterface

/// What differs between two policies, for people: what went with `-`, what came with `+`.
struct ChangeReport {
    private let changes: [AdminInterface.Change]

    init(_ changes: [AdminInterface.Change]) {
        self.changes = changes
    }

    func text(colours: Bool) -> String {
        changes.map { change in
            let before = Self.lines(of: change.before)
            let after = Self.lines(of: change.after)
            var text = Style.strong.applied(to: change.kind.escaped, colours: colours) + "\n"
            for (mark, line) in Self.difference(before, after) {
                let style: Style = mark == "+" ? .good : mark == "-" ? .bad : .plain
                text += style.applied(to: "\(mark) \(line)", colours: colours) + "\n"
            }
            return text
        }.joined()
    }

    private static func lines(of document: String?) -> [String] {
        guard let document else { return [] }
        guard let value = try? JSONValue(parsing: document) else { return [document.escaped] }
        return YAMLText.element(value)
    }

    /// The lines of both in order, those that are the same once. Documents have few lines.
    private static func difference(_ before: [String], _ after: [String]) -> [(mark: String, line: String)] {
        let changes = after.difference(from: before)
        let removed = Set(changes.removals.map(\.offset))
        let inserted = Set(changes.insertions.map(\.offset))
        var result: [(mark: String, line: String)] = []
        var next = 0
        func insert() {
            while inserted.contains(next) {
                result.append(("+", after[next]))
                next += 1
            }
        }
        for (index, line) in before.enumerated() {
            if removed.contains(index) {
                result.append(("-", line))
            } else {
                insert()
                result.append((" ", line))
                next += 1
            }
        }
        insert()
        return result
    }
}

extension AdminInterface.Change {
    /// `rule.remove web-reads`: what happened to what.
    var title: String {
        let document = (after ?? before).flatMap { try? JSONValue(parsing: $0) }
        guard let subject = (document?["id"] ?? document?["name"])?.string else { return kind }
        return "\(kind) \(subject)"
    }
}

extension CollectionDifference.Change {
    fileprivate var offset: Int {
        switch self {
        case .insert(let offset, _, _), .remove(let offset, _, _): offset
        }
    }
}

extension Style {
    /// How a decision stands out.
    static func of(decision: String) -> Style {
        decision == "permit" ? .good : .bad
    }
}
