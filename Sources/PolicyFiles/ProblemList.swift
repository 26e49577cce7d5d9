// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// The problems that one run finds. A class, since the readers of all parts of all files add to the same list.
final class ProblemList {
    private(set) var problems: [PolicyProblem] = []

    func add(_ message: String, remedy: String, at place: Place, severity: PolicyProblem.Severity = .error) {
        problems.append(
            PolicyProblem(
                severity: severity, path: place.path, line: place.line, column: place.column, message: message,
                remedy: remedy))
    }

    func add(_ invalid: InvalidText, at place: Place) {
        add(invalid.message, remedy: invalid.remedy, at: place)
    }

    func warn(_ message: String, remedy: String, at place: Place) {
        add(message, remedy: remedy, at: place, severity: .warning)
    }
}
