// SPDX-License-Identifier: Apache-2.0

import DaemonSettings
import PolicyFiles
import Testing
import VaultModel

/// Numbers, sizes, lengths of time, dates, hours, modes and ports of files, at their extremes.
@Suite struct ExtremeTextTests {
    static let values = [
        "-9223372036854775808", "9223372036854775807", "9223372036854775808", "18446744073709551615",
        "18446744073709551616", "9007199254740993", "4294967295", "4294967296", "65535", "65536", "-1", "0", "-0", "+1",
        "1e400", "1.5", "0777", "01000", "0o7777777777777777777777", "9223372036854775807TiB", "8388608TiB", "1KiB",
        "9223372036854775807us", "36525d", "36525d1us", "1us", "9223372036854775807/s", "18446744073709551616/s",
        "1/36526d",
        "0000-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "9999-12-31T23:59:59-23:59", "292277026596-12-04T15:30:07Z",
        "2026-01-01T24:00:00Z", "00:00-24:00 UTC", "00:00-24:01 UTC", "24:00-00:00 UTC", "99:99-99:99 UTC",
        "127.0.0.1:65536", "127.0.0.1:18446744073709551616", "[::]:-1",
    ]

    /// `@` stands for the value.
    static let configurations = [
        "socket: { mode: @ }", "opener: { timeout: @ }", "opener: { workers: @ }", "limits: { connections: @ }",
        "limits: { connections-per-uid: @ }", "limits: { message: @ }", "limits: { idle: @ }",
        "limits: { half-message: @ }", "limits: { deposits-per-uid: @ }", "limits: { records-per-uid: @ }",
        "limits: { leases-per-uid: @ }", "limits: { holders: @ }", "audit: { checkpoint: { records: @ } }",
        "audit: { checkpoint: { every: @ } }",
    ]
    static let rules = [
        "not-before: @", "not-after: @", "hours: @", "lease: @", "uses: @", "outstanding: @", "rate: @",
        "uses: { per-principal: @ }", "to: { uid: @ }", "to: { gid: @ }", "to: { loginuid: @ }", "to: { namespace: @ }",
    ]
    static let capabilities = [
        "file: { path: /a, create: @ }", "fifo: { path: /a, create: @ }", "listen: { tcp: @ }", "listen: { udp: @ }",
        "listen: { tcp: '127.0.0.1:1', backlog: @ }", "listen: { unix: /a, as: 1, mode: @ }",
        "listen: { unix: /a, as: @ }",
    ]

    private func expectNamed(_ problems: [PolicyProblem], _ value: String, _ template: String) {
        for problem in problems where problem.severity == .error {
            #expect(problem.line > 0 && problem.column > 0, "\(template) \(value): \(problem)")
            #expect(!problem.message.isEmpty && !problem.remedy.isEmpty)
            #expect(!problem.message.contains("Problem("), "\(problem)")
        }
    }

    private func filled(_ template: String, _ value: String) -> String {
        template.split(separator: "@", omittingEmptySubsequences: false).joined(separator: "'\(value)'")
    }

    @Test("Every value of vaultd.yaml is taken, or refused at its place", arguments: configurations)
    func configuration(template: String) {
        for value in Self.values {
            let (_, problems) = DaemonConfiguration.read(path: "vaultd.yaml", text: filled(template, value))
            expectNamed(problems, value, template)
        }
    }

    @Test("Every condition of a rule is taken and read back the same, or refused at its place", arguments: rules)
    func rule(template: String) {
        for value in Self.values {
            let to = template.hasPrefix("to:") ? "" : "to: { uid: 1 }"
            let text =
                "{ id: r, permit: [open], capability: a, \(to.isEmpty ? "" : to + ", ")\(filled(template, value)) }"
            let (rule, problems) = PolicyReader.readRule(
                document: text, origin: .granted, names: FixedNames(), zones: FixedZones())
            expectNamed(problems, value, template)
            guard let rule, !problems.contains(where: { $0.severity == .error }) else { continue }
            let (again, others) = PolicyReader.readRule(
                document: rule.document, origin: .granted, names: FixedNames(), zones: FixedZones())
            #expect(others.isEmpty, "\(template) \(value): \(rule.document)")
            #expect(again?.conditions == rule.conditions, "\(template) \(value): \(rule.document)")
        }
    }

    @Test("Every number of a capability is taken, or refused at its place", arguments: capabilities)
    func capability(template: String) {
        for value in Self.values {
            let (_, problems) = PolicyReader.readCapability(
                document: "{ name: a, \(filled(template, value)) }", names: FixedNames())
            expectNamed(problems, value, template)
        }
    }

    @Test("The opener's time limit is one that the opener takes", arguments: ["1us", "999us", "1h1us", "36525d"])
    func openerTimeout(value: String) {
        let (_, problems) = DaemonConfiguration.read(path: "c", text: "opener: { timeout: \(value) }")
        #expect(problems.map(\.message) == ["'\(value)' is no time from 1ms to 1h"])
    }

    @Test("A byte order mark at the beginning of a file means nothing")
    func byteOrderMark() {
        let text = "\u{FEFF}vault: 1\ncapabilities: []\nrules: []\n"
        let (_, problems) = PolicyReader.read(
            [PolicyFile(path: "p.yaml", text: text)], names: FixedNames(), zones: FixedZones())
        #expect(problems.isEmpty)
    }
}
