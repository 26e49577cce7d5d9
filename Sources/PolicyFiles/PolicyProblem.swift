// SPDX-License-Identifier: Apache-2.0

internal import TerminalKit
import VaultModel

/// Something wrong in a file: where, what, and what to do about it. Its description is one line for a log.
package struct PolicyProblem: Error, Sendable, Equatable {
    package enum Severity: String, Sendable {
        /// The files cannot be applied.
        case error
        /// They can, but not everything will be as one might think.
        case warning
    }

    package var severity: Severity
    package var path: String
    /// Counted from 1; 0 when the problem is the file as a whole.
    package var line: Int
    /// Counted from 1, in Unicode scalars; 0 when the problem is the file as a whole.
    package var column: Int
    package var message: String
    package var remedy: String

    package init(
        severity: Severity = .error, path: String, line: Int, column: Int, message: String, remedy: String
    ) {
        self.severity = severity
        self.path = path
        self.line = line
        self.column = column
        self.message = message
        self.remedy = remedy
    }

    /// - Parameter place: nil for what was not written in a file.
    package init(severity: Severity = .error, at place: Place?, message: String, remedy: String) {
        self.init(
            severity: severity, path: place?.path ?? "", line: place?.line ?? 0, column: place?.column ?? 0,
            message: message, remedy: remedy)
    }
}

extension PolicyProblem: CustomStringConvertible {
    package var description: String {
        line > 0 ? "\(path):\(line):\(column): \(message). Try: \(remedy)" : "\(path): \(message). Try: \(remedy)"
    }
}

extension PolicyProblem {
    /// The problem as people read it, escaped: see ``ProblemText``. Without a line feed at its end.
    package func text(source: String?) -> String {
        let kind = severity == .warning ? "warning: " : ""
        let text = ProblemText.text(
            path: path, line: line, column: column, message: kind + message, remedy: remedy, source: source)
        return String(text.dropLast())
    }

    /// The problem in one line, with what to do, for logs and listings; not escaped yet.
    package var summary: String {
        let place = path.isEmpty ? "" : line > 0 ? "\(path):\(line):\(column): " : "\(path): "
        return remedy.isEmpty ? place + message : "\(place)\(message); \(remedy)"
    }
}

/// The problems that one run finds. A class, since the readers of all parts of all files add to the same list.
package final class ProblemList {
    private(set) var problems: [PolicyProblem] = []

    package init() {}

    package func add(_ message: String, remedy: String, at place: Place?, severity: PolicyProblem.Severity = .error) {
        problems.append(PolicyProblem(severity: severity, at: place, message: message, remedy: remedy))
    }

    func add(_ invalid: InvalidText, at place: Place) {
        add(invalid.message, remedy: invalid.remedy, at: place)
    }

    func warn(_ message: String, remedy: String, at place: Place) {
        add(message, remedy: remedy, at: place, severity: .warning)
    }

    /// What keeps from being taken what was read.
    var errorCount: Int { problems.count { $0.severity == .error } }

    func add(_ found: [PolicyProblem]) { problems += found }

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
