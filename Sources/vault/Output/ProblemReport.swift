// SPDX-License-Identifier: Apache-2.0

import TerminalKit
import VaultInterface

/// What is wrong with a policy, for people.
struct ProblemReport {
    private let problems: [AdminInterface.Problem]
    private let files: [AdminInterface.File]

    /// - Parameter files: what was sent, to quote from.
    init(_ problems: [AdminInterface.Problem], in files: [AdminInterface.File] = []) {
        self.problems = problems
        self.files = files
    }

    func text(colours: Bool) -> String {
        problems.map { problem in
            // A document that this program wrote is no place to look at.
            ProblemText(
                path: problem.path == "document" ? "" : problem.path, line: problem.line, column: problem.column,
                message: problem.message, remedy: problem.remedy
            ).text(source: files.first { $0.path == problem.path }?.text, colours: colours)
        }.joined()
    }
}
