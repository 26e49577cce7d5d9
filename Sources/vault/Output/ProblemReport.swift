// SPDX-License-Identifier: Apache-2.0

import VaultInterface

/// What is wrong with a policy, for people: `file:line:column: message`, the line, a caret, and what to do.
struct ProblemReport {
    private let problems: [AdminInterface.Problem]
    private let files: [AdminInterface.File]

    /// - Parameter files: what was sent, to quote from.
    init(_ problems: [AdminInterface.Problem], in files: [AdminInterface.File] = []) {
        self.problems = problems
        self.files = files
    }

    func text(colours: Bool) -> String {
        problems.map { text(of: $0, colours: colours) }.joined()
    }

    private func text(of problem: AdminInterface.Problem, colours: Bool) -> String {
        // A document that this program wrote is no place to look at.
        let hasPlace = problem.path != "document"
        var place = hasPlace ? problem.path.escaped : ""
        if hasPlace, problem.line > 0 { place += ":\(problem.line):\(problem.column)" }
        if !place.isEmpty { place += ": " }
        var text = Style.strong.applied(to: place, colours: colours)
        text += Style.bad.applied(to: problem.message.escaped, colours: colours) + "\n"
        if let line = line(of: problem) {
            // The caret stands below the character, whatever escaping does to what is before it.
            let before = String(line.unicodeScalars.prefix(max(0, problem.column - 1))).escaped
            text += "    \(line.escaped)\n"
            text += "    " + String(repeating: " ", count: before.count)
            text += Style.good.applied(to: "^", colours: colours) + "\n"
        }
        if !problem.remedy.isEmpty { text += "  \(problem.remedy.escaped)\n" }
        return text
    }

    private func line(of problem: AdminInterface.Problem) -> String? {
        guard problem.line > 0, let file = files.first(where: { $0.path == problem.path }) else { return nil }
        let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false)
        guard problem.line <= lines.count else { return nil }
        let line = lines[problem.line - 1]
        return String(line.hasSuffix("\r") ? line.dropLast() : line)
    }
}
