// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import PolicyFiles
import TerminalKit

/// `vault policy check`: every mistake of every file, with its place.
struct PolicyCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check policy files as the broker would.")

    @Argument(help: "Files, or directories of which every *.yaml is read.")
    var files: [String]

    @Option(help: ArgumentHelp("The configuration of the daemon, for the roots of its opener.", valueName: "file"))
    var config: String?

    func run() throws {
        let files = try PolicyPaths.read(files)
        let set = try Self.read(files)
        // A root that is wrong is vaultd --check's to tell; here it is about what the files name.
        let places = try HostConfiguration.openerPlaces(config)
        for problem in places?.problems(of: set.capabilities, looks: true) ?? [] {
            try StandardOutput.print(Self.text(of: problem, in: files))
        }
        let counts = [
            "\(files.count) files", "\(set.capabilities.count) capabilities", "\(set.rules.count) rules",
            "\(set.tests.count) tests",
        ]
        try StandardOutput.print("\(counts.joined(separator: ", ")): no errors")
    }

    /// What the files say as one policy. Prints every problem.
    /// - Throws: `Failure` when there is an error among them.
    static func read(_ files: [PolicyFile]) throws -> PolicySet {
        let (set, problems) = PolicyReader.read(files, names: SystemNames())
        for problem in problems { try StandardOutput.print(text(of: problem, in: files)) }
        let errors = problems.count { $0.severity == .error }
        guard errors == 0 else {
            throw Failure(
                .refused, "\(errors) error\(errors == 1 ? "" : "s"): this policy cannot be applied",
                next: "correct what is named above")
        }
        return set
    }

    /// A problem with the line that it is about.
    static func text(of problem: PolicyProblem, in files: [PolicyFile]) -> String {
        problem.text(source: files.first { $0.path == problem.path }?.text)
    }
}
