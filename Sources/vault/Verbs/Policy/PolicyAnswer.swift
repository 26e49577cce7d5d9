// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit
import VaultInterface

/// What the broker says to a policy that is to be applied, or compared.
struct PolicyAnswer {
    private let reply: AdminInterface.ApplyPolicy.Reply
    private let files: [AdminInterface.File]
    private let isDryRun: Bool

    init(_ reply: AdminInterface.ApplyPolicy.Reply, files: [AdminInterface.File], isDryRun: Bool) {
        self.reply = reply
        self.files = files
        self.isDryRun = isDryRun
    }

    /// Prints changes and problems.
    /// - Parameter tellsSource: whether it is said where the policy comes from then.
    /// - Throws: `Failure` with status `refused` when the policy cannot be applied.
    func print(_ format: OutputFormat, tellsSource: Bool = true) throws {
        let report = ProblemReport(reply.problems, in: files).text(colours: Terminal.error.hasColours)
        if format == .text {
            try StandardOutput.write(ChangeReport(reply.changes).text(colours: Terminal.output.hasColours))
        } else {
            try StandardOutput.write(JSONOutput.text(reply, format))
        }
        guard isDryRun ? !reply.problems.contains(where: \.isError) : reply.revision != nil else {
            throw Failure(
                .refused, "this policy cannot be applied: nothing was changed",
                next: "vault policy check with the corrected files", details: format == .text ? report : "")
        }
        guard format == .text else { return }
        StandardOutput.writeError(report)
        if let revision = reply.revision {
            let record = reply.record.map { " (record \($0))" } ?? ""
            try StandardOutput.write("revision \(revision) is in force\(record)\n")
        } else {
            try StandardOutput.write(reply.changes.isEmpty ? "no difference\n" : "nothing was changed\n")
        }
        if tellsSource { try StandardOutput.write(source) }
    }

    /// Whence the policy is then, where that is not the directory, and what the directory would bring back.
    private var source: String {
        guard reply.source == "command", let directory = reply.directory?.escaped else { return "" }
        let verb = reply.revision == nil ? "would be" : "is"
        var text = "the source of the policy \(verb) this command, not the directory \(directory)\n"
        guard let changes = reply.reloadChanges, !changes.isEmpty else { return text }
        text += "a reload or start after a change in \(directory) replaces it, which would now be:\n"
        for change in changes { text += "  \(change.title.escaped)\n" }
        return text
    }
}

extension AdminInterface.Problem {
    /// Whether it keeps the policy from being applied. What does not says so itself.
    fileprivate var isError: Bool { !message.hasPrefix("warning: ") }
}
