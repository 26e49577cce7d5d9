// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Descriptors
import PolicyFiles
import TerminalKit

/// `vault policy test`: the cases that are written beside the rules.
struct PolicyTest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Run the tests of policy files.")

    @Argument(help: "Files, or directories of which every *.yaml is read.")
    var files: [String]

    func run() throws {
        let files = try PolicyPaths.read(files)
        let set = try PolicyCheck.read(files)
        let results = set.runTests(wallUSec: SystemClock.wallTimeUSec())
        let problems = results.compactMap(\.problem)
        for problem in problems { try StandardOutput.print(PolicyCheck.text(of: problem, in: files)) }
        guard problems.isEmpty else {
            throw Failure(
                .refused, "\(problems.count) of \(results.count) tests failed",
                next: "correct the rule or the test, as named above")
        }
        try StandardOutput.print("\(results.count) tests passed")
    }
}
