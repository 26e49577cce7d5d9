// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit
import VaultInterface

/// What differs between two policies, for people: what went with `-`, what came with `+`.
enum ChangeReport {
    static func text(of changes: [AdminInterface.Change], colours: Bool) -> String {
        changes.map { change in
            var text = Style.strong.applied(to: change.kind.escaped, colours: colours) + "\n"
            for (mark, line) in difference(lines(of: change.before), lines(of: change.after)) {
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
        var (old, new) = (before.map { (mark: " ", line: $0) }, after.map { (mark: " ", line: $0) })
        for change in after.difference(from: before) {
            switch change {
            case .remove(let offset, _, _): old[offset].mark = "-"
            case .insert(let offset, _, _): new[offset].mark = "+"
            }
        }
        var result: [(mark: String, line: String)] = []
        var rest = new[...]
        for line in old {
            if line.mark == "-" {
                result.append(line)
            } else {
                // It is in both; what came stands before it.
                let length = rest.prefix { $0.mark == "+" }.count + 1
                result += rest.prefix(length)
                rest = rest.dropFirst(length)
            }
        }
        return result + rest
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

extension Style {
    /// How a decision stands out.
    static func of(decision: String) -> Style {
        decision == "permit" ? .good : .bad
    }
}

/// What the broker says to a policy that is to be applied, or compared.
struct PolicyAnswer {
    let reply: AdminInterface.ApplyPolicy.Reply
    let files: [AdminInterface.File]
    let isDryRun: Bool

    /// Prints changes and problems.
    /// - Parameter tellsSource: whether it is said where the policy comes from then.
    /// - Throws: `Failure` with status `refused` when the policy cannot be applied.
    func print(_ options: OutputOptions, tellsSource: Bool = true) throws {
        let report = ProblemReport.text(of: reply.problems, in: files)
        try options.print(reply, text: ChangeReport.text(of: reply.changes, colours: Terminal.output.hasColours))
        let format = options.output
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
