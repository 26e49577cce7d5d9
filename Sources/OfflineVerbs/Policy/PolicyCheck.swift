// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Descriptors
import PolicyFiles
import SystemPackage
import TerminalKit
import VaultModel

/// `vault policy check`: every mistake of every file, with its place.
struct PolicyCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check policy files as the broker would.")

    @Argument(help: "Files, or directories of which every *.yaml is read.")
    var files: [String]

    @Option(help: ArgumentHelp("The configuration of the daemon, for the roots of its opener.", valueName: "file"))
    var config: String?

    @Option(name: [.customShort("o"), .long], help: "What to print.")
    var output = CheckFormat.text

    @Flag(help: "Take every name of a user or group for one that exists.")
    var withoutUsers = false

    func run() throws {
        guard output == .text else { return try report() }
        let files = try PolicyPaths.read(files)
        let set = try Self.read(files, withoutUsers: withoutUsers)
        try Self.print(places(set), of: files)
        let counts = [
            Counted.text(files.count, "file"), Counted.text(set.capabilities.count, "capability", "capabilities"),
            Counted.text(set.rules.count, "rule"), Counted.text(set.tests.count, "test"),
        ]
        try StandardOutput.print("\(counts.joined(separator: ", ")): no errors")
    }

    /// A root that is wrong is vaultd --check's to tell; here it is about what the files name, where they are for this host.
    private func places(_ set: PolicySet) throws -> [PolicyProblem] {
        if withoutUsers, config == nil { return [] }
        return try HostConfiguration.openerPlaces(config)?.problems(of: set.capabilities, looks: true) ?? []
    }

    /// For a program: everything in one value.
    private func report() throws {
        var problems: [PolicyProblem] = []
        let files = try PolicyPaths.read(files) { problems.append($0) }
        let (set, found) = Self.parse(files, withoutUsers: withoutUsers)
        problems += found
        let errors = problems.count { $0.severity == .error }
        if errors == 0 { problems += try places(set) }
        let report = CheckReport(files: files.count, set: set, problems: problems)
        try StandardOutput.write(JSONOutput.text(output == .json ? report.object : report.sarif, .json))
        if errors > 0 { throw Self.failure(errors) }
    }

    private static func parse(_ files: [PolicyFile], withoutUsers: Bool) -> (PolicySet, [PolicyProblem]) {
        withoutUsers
            ? PolicyReader.read(files, names: UnknownNames()) : PolicyReader.read(files, names: SystemNames())
    }

    private static func failure(_ errors: Int) -> Failure {
        Failure(
            .refused, "\(Counted.text(errors, "error")): this policy cannot be applied",
            next: "correct what is named above")
    }

    /// What the files say as one policy. Prints every problem.
    /// - Throws: `Failure` when there is an error among them.
    static func read(_ files: [PolicyFile], withoutUsers: Bool) throws -> PolicySet {
        let (set, problems) = parse(files, withoutUsers: withoutUsers)
        try print(problems, of: files)
        let errors = problems.count { $0.severity == .error }
        guard errors == 0 else { throw failure(errors) }
        return set
    }

    /// Prints problems, each with the line that it is about.
    static func print(_ problems: [PolicyProblem], of files: [PolicyFile]) throws {
        guard !problems.isEmpty else { return }
        let texts = Dictionary(files.map { ($0.path, $0.text) }) { first, _ in first }
        var lines: [String: SourceLines] = [:]
        for problem in problems {
            if lines[problem.path] == nil { lines[problem.path] = texts[problem.path].map(SourceLines.init) }
            try StandardOutput.print(problem.text(lines: lines[problem.path]))
        }
    }
}

/// `vault policy test`: the cases that are written beside the rules.
struct PolicyTest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Run the tests of policy files.")

    @Argument(help: "Files, or directories of which every *.yaml is read.")
    var files: [String]

    @Flag(help: "Take every name of a user or group for one that exists.")
    var withoutUsers = false

    func run() throws {
        let files = try PolicyPaths.read(files)
        let set = try PolicyCheck.read(files, withoutUsers: withoutUsers)
        let results = set.runTests(wallUSec: SystemClock.wallTimeUSec())
        let problems = results.compactMap(\.problem)
        try PolicyCheck.print(problems, of: files)
        guard problems.isEmpty else {
            throw Failure(
                .refused, "\(problems.count) of \(Counted.text(results.count, "test")) failed",
                next: "correct the rule or the test, as named above")
        }
        try StandardOutput.print("\(Counted.text(results.count, "test")) passed")
    }
}

/// Policy files as they are named on a command line.
enum PolicyPaths {
    /// Files by their paths, directories by every `*.yaml` in them, sorted by name.
    /// - Parameter unread: is told what lies in a directory and is not read.
    static func read(
        _ paths: [String],
        unread: (PolicyProblem) throws -> Void = { try StandardOutput.print($0.text(source: nil)) }
    ) throws -> [PolicyFile] {
        let files = try paths.flatMap { path in
            guard try isDirectory(path) else {
                return [try reporting { () throws(PolicyProblem) in try PolicyFile.read(path) }]
            }
            let directory = try reporting { () throws(PolicyProblem) in try PolicyDirectory.read(path) }
            for problem in directory.unread { try unread(problem) }
            return directory.files
        }
        guard !files.isEmpty else {
            throw Failure(
                .usage, "there is no *.yaml in \(paths.joined(separator: ", "))",
                next: "the path of a policy file, or of a directory of them")
        }
        return files
    }

    private static func isDirectory(_ path: String) throws -> Bool {
        try Failure.system(path, next: "the path of a policy file, or of a directory of them") { () throws(Errno) in
            try FileStatus(ofPath: FilePath(path)).kind == .directory
        }
    }

    private static func reporting<Value>(_ body: () throws(PolicyProblem) -> Value) throws -> Value {
        do throws(PolicyProblem) {
            return try body()
        } catch {
            throw Failure(.system, "\(error.path): \(error.message)", next: error.remedy)
        }
    }
}
