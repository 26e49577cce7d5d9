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
        let texts = Dictionary(files.map { ($0.path, $0.text) }) { first, _ in first }
        var lines: [String: SourceLines] = [:]
        return problems.map { problem in
            if lines[problem.path] == nil { lines[problem.path] = texts[problem.path].map(SourceLines.init) }
            // A document that this program wrote is no place to look at.
            return ProblemText.text(
                path: problem.path == "document" ? "" : problem.path, line: problem.line, column: problem.column,
                message: problem.message, remedy: problem.remedy,
                source: lines[problem.path], colours: colours)
        }.joined()
    }

    /// Tells on standard error what did not keep the broker from doing what it was asked.
    static func warn(of problems: [AdminInterface.Problem]) {
        StandardOutput.writeError(text(of: problems))
    }
}
