// SPDX-License-Identifier: Apache-2.0

import TerminalKit
import VaultInterface

/// What is wrong with a policy, for people.
enum ProblemReport {
    /// - Parameter files: what was sent, to quote from.
    static func text(
        of problems: [AdminInterface.Problem], in files: [AdminInterface.File] = [],
        colours: Bool = Terminal.error.hasColours
    ) -> String {
        problems.map { problem in
            // A document that this program wrote is no place to look at.
            ProblemText.text(
                path: problem.path == "document" ? "" : problem.path, line: problem.line, column: problem.column,
                message: problem.message, remedy: problem.remedy,
                source: files.first { $0.path == problem.path }?.text, colours: colours)
        }.joined()
    }

    /// Tells on standard error what did not keep the broker from doing what it was asked.
    static func warn(of problems: [AdminInterface.Problem]) {
        StandardOutput.writeError(text(of: problems))
    }
}
