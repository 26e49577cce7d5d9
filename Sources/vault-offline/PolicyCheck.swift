// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import PolicyFiles

/// `vault policy check`: every mistake of every file, with its place.
struct PolicyCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check policy files as the broker would.")

    @Argument(help: "Files, or directories of which every *.yaml is read.")
    var files: [String]

    func run() throws {
        let files = try PolicyPaths.read(files)
        let (set, problems) = PolicyReader.read(files, names: SystemNames())
        for problem in problems {
            let source = files.first { $0.path == problem.path }?.text
            print(problem.text(source: source))
        }
        let errors = problems.count { $0.severity == .error }
        guard errors == 0 else {
            throw Failure(
                status: 1, description: "\(errors) error\(errors == 1 ? "" : "s"): this policy cannot be applied",
                next: "correct what is named above")
        }
        print("\(files.count) files, \(set.capabilities.count) capabilities, \(set.rules.count) rules: no errors")
    }
}
