// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import VaultTestKit

/// What an administrator finds who installs the vault as the README says, and does nothing more.
@Suite(.serialized, .needsMachine) struct InstallationTests {
    @Test("The lines of the README install and start the service", arguments: DebianSuite.allCases)
    func readme(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        let untouched = machine.untouched
        #expect(untouched.lines.contains("make install"))
        #expect(untouched.installation.status == .exited(0), "\(untouched.installation.errorText)\(untouched.journal)")
        for unit in ["vaultd.service", "vaultd.socket"] {
            #expect(try await machine.property("ActiveState", of: unit) == "active")
            #expect(try await machine.property("UnitFileState", of: unit) == "enabled")
        }
    }

    @Test("Nothing is wrong with what was only installed, by its own account", arguments: DebianSuite.allCases)
    func status(_ suite: DebianSuite) async throws {
        let untouched = try await Machine.running(suite).untouched
        #expect(untouched.status.status == .exited(0), "\(untouched.status.text)\(untouched.status.errorText)")
        let problems = try JSONValue(parsing: untouched.status.text)["problems"]?.array
        #expect(problems?.isEmpty == true, "\(untouched.status.text)")
        #expect(untouched.check.status == .exited(0), "\(untouched.check.text)\(untouched.check.errorText)")
        #expect(untouched.check.errorText == "")
    }

    @Test("Reload, restart, stop and start leave no warning in the journal", arguments: DebianSuite.allCases)
    func journal(_ suite: DebianSuite) async throws {
        let untouched = try await Machine.running(suite).untouched
        for result in untouched.life {
            #expect(result.status == .exited(0), "\(result.errorText)\(untouched.journal)")
        }
        // Where the controllers of the host are in the old hierarchy of control groups, the manager misses them.
        func concernsUs(_ line: Substring) -> Bool { line.contains("vault") && !line.contains("pids.max") }
        let warnings = untouched.warnings.split(separator: "\n").filter(concernsUs)
        #expect(warnings.isEmpty)
        // What a program writes to its standard error has no priority: whatever sounds like trouble.
        for line in untouched.journal.split(separator: "\n").filter(concernsUs) {
            let words = ["fail", "cannot", "denied", "error", "function not", "bad file", "timed out", "killing"]
            #expect(!words.contains { line.lowercased().contains($0) }, "\(line)")
        }
    }

    @Test("systemd-analyze finds no mistake in the units", arguments: DebianSuite.allCases)
    func verify(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        let installed = try await machine.succeed("sh", "-c", "echo /usr/local/lib/systemd/system/vaultd*").text
        let units = installed.split(whereSeparator: \.isWhitespace).map(String.init)
        #expect(units.count >= 2)
        let result = try await machine.command(["systemd-analyze", "verify", "--man=no"] + units).run()
        #expect(result.status == .exited(0) && result.errorText == "" && result.text == "", "\(result.errorText)")
    }

    /// The exposure of each unit, as `systemd-analyze security` counts it, is at most this; both versions of systemd.
    private static let exposure = ["vaultd.service": 1.5, "vaultd-opener@1.service": 4.5]

    @Test("The units keep away what they do not need", arguments: DebianSuite.allCases)
    func security(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        for (unit, limit) in Self.exposure {
            let result = try await machine.run("systemd-analyze", "security", "--no-pager", unit)
            let found = result.text.firstMatch(of: /exposure level for [^:]*: ([0-9.]+)/)?.1
            let level = try #require(found.flatMap { Double($0) }, "\(result.text)\(result.errorText)")
            #expect(level <= limit, "\(unit): \(level)\n\(result.text)")
        }
    }
}
