// SPDX-License-Identifier: Apache-2.0

package import TerminalKit
import VaultModel

extension PolicyProblem {
    /// The problem as people read it, escaped: see ``ProblemText``. Without a line feed at its end.
    package func text(source: String?) -> String { text(lines: source.map(SourceLines.init)) }

    /// The same, of one of many problems of a file.
    package func text(lines: SourceLines?) -> String {
        let kind = severity == .warning ? "warning: " : ""
        let text = ProblemText.text(
            path: path, line: line, column: column, message: kind + message, remedy: remedy, source: lines)
        return String(text.dropLast())
    }
}

/// The problems that one run finds. A class, since the readers of all parts of all files add to the same list.
package final class ProblemList {
    private(set) var problems: [PolicyProblem] = []

    package init() {}

    package func add(_ message: String, remedy: String, at place: Place?, severity: PolicyProblem.Severity = .error) {
        add([PolicyProblem(severity: severity, at: place, message: message, remedy: remedy)])
    }

    func add(_ invalid: InvalidText, at place: Place) {
        add(invalid.message, remedy: invalid.remedy, at: place)
    }

    func warn(_ message: String, remedy: String, at place: Place) {
        add(message, remedy: remedy, at: place, severity: .warning)
    }

    /// What keeps from being taken what was read.
    private(set) var errorCount = 0

    func add(_ found: [PolicyProblem]) {
        problems += found
        errorCount += found.count { $0.severity == .error }
    }

    /// The problems by file, in the order that is given, then by place.
    package func inOrder(of paths: [String] = []) -> [PolicyProblem] {
        let positions = Dictionary(paths.enumerated().map { ($1, $0) }, uniquingKeysWith: min)
        return problems.enumerated().sorted { left, right in
            let (first, second) = (left.element, right.element)
            let leftKey = (positions[first.path] ?? .max, first.line, first.column, left.offset)
            return leftKey < (positions[second.path] ?? .max, second.line, second.column, right.offset)
        }.map(\.element)
    }
}
