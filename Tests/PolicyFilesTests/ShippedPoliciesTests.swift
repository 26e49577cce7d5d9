// SPDX-License-Identifier: Apache-2.0

import DaemonSettings
import PolicyFiles
import Testing
import VaultModel
import VaultPolicy

@Suite("The policies that are shipped")
struct ShippedPoliciesTests {
    /// `Policies` at the top of the package.
    static var directory: String {
        let here = #filePath.split(separator: "/").dropLast(3)
        return "/" + here.joined(separator: "/") + "/Policies"
    }

    private static func text(_ problems: [PolicyProblem], _ files: [PolicyFile]) -> String {
        problems.map { problem in problem.text(source: files.first { $0.path == problem.path }?.text) }
            .joined(separator: "\n")
    }

    @Test("are read without an error or a warning, together as one directory")
    func together() throws {
        let files = try PolicyDirectory.read(Self.directory).files
        #expect(files.count >= 3)
        let (set, problems) = PolicyReader.read(files, names: FixedNames())
        #expect(problems.isEmpty, "\(Self.text(problems, files))")
        #expect(set.rules.count >= 8)
    }

    @Test("each have tests, which pass", arguments: ["web", "backup", "worker"])
    func tests(name: String) throws {
        let file = try PolicyFile.read("\(Self.directory)/\(name).yaml")
        let (set, problems) = PolicyReader.read([file], names: FixedNames())
        #expect(problems.isEmpty, "\(Self.text(problems, [file]))")
        let noon = try TimeText.parse("2026-01-01T12:00:00Z")
        let results = set.runTests(wallUSec: noon)
        #expect(results.count >= 6)
        #expect(results.contains { $0.decision.isPermitted } && results.contains { !$0.decision.isPermitted })
        let failures = results.compactMap(\.problem)
        #expect(failures.isEmpty, "\(Self.text(failures, [file]))")
    }

    @Test("name only what the opener of the shipped vaultd.yaml opens")
    func roots() throws {
        let files = try PolicyDirectory.read(Self.directory).files
        let (set, _) = PolicyReader.read(files, names: FixedNames())
        let top = Self.directory.split(separator: "/").dropLast().joined(separator: "/")
        let path = "/\(top)/Sources/vaultd/Units/vaultd.yaml"
        let (configuration, problems) = DaemonConfiguration.read(path: path, text: try PolicyFile.read(path).text)
        #expect(problems.isEmpty)
        let places = OpenerPlaces(configuration, state: "/var/lib/vaultd", socket: "/run/vaultd/vault.sock")
        #expect(places.roots != ["/"], "the shipped configuration names roots")
        let wrong = places.problems(of: set.capabilities, looks: false)
        #expect(wrong.isEmpty, "\(Self.text(wrong, files))")
    }

    private static let namesExist =
        SystemNames().uid(ofUser: "www-data") != nil && SystemNames().uid(ofUser: "backup") != nil
        && SystemNames().gid(ofGroup: "adm") != nil && SystemNames().gid(ofGroup: "staff") != nil

    @Test(
        "are read with the users of this system",
        .enabled(if: namesExist, "www-data, backup, adm and staff do not all exist here, as they do on Debian"))
    func systemNames() throws {
        let files = try PolicyDirectory.read(Self.directory).files
        let (_, problems) = PolicyReader.read(files, names: SystemNames())
        #expect(problems.isEmpty, "\(Self.text(problems, files))")
    }
}
