// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel
import VaultPolicy

@testable import PolicyFiles

@Suite("What is kept of policy files")
struct KeptSetTests {
    private struct NoNames: NameResolver {
        func uid(ofUser name: String) -> UInt32? { nil }
        func gid(ofGroup name: String) -> UInt32? { nil }
    }

    private static let text = """
        vault: 1
        capabilities:
          - name: a/name/that/is/longer/than/sixteen/bytes
            file: { path: /a/path/that/is/longer/than/sixteen/bytes, rights: [read, write], create: "0640" }
          - name: memory/one
            memory: { file: /a/path/that/is/longer/than/sixteen/bytes }
          - name: memory/two
            memory: { credential: a-credential-of-the-service-manager }
          - name: ports/tcp
            listen: { tcp: "127.0.0.1:80" }
          - name: ports/udp
            listen: { udp: "127.0.0.1:80" }
          - name: ports/unix
            listen: { unix: /run/a/path/that/is/longer/than/sixteen, as: 5, type: seqpacket, mode: "0600" }
          - name: pipe
            pipe: {}
          - name: fifo
            fifo: { path: /a/path/that/is/longer/than/sixteen/bytes }
          - name: helper
            helper: { run: [/usr/libexec/a-program-with-a-name, an-argument-that-is-long], path: what-it-opens-for-us }
        rules:
          - id: a-rule-whose-id-is-longer-than-sixteen-bytes
            permit: [open]
            capability: [a/name/that/is/longer/than/sixteen/bytes, memory/*]
            to: { uid: [1, 2], gid: 3, label: "a-label-that-is-longer-than-sixteen", unit: a-unit-with-a-long-name.service }
            not-after: 2031-01-01T00:00:00Z
            uses: 5
          - id: other
            forbid: [open]
            capability: "**"
            to: { cgroup: /system.slice/**, exe: /usr/bin/a-program-with-a-name, loginuid: 7, namespace: host,
                container: "3f2a*", pod: "*" }
            hours: mon-fri 09:00-17:00 UTC

        """

    private func read(_ text: String, _ known: inout KnownTexts) -> PolicySet {
        known.begin()
        let (set, problems) = PolicyReader.read(
            [PolicyFile(path: "/etc/vault/policies/a.yaml", text: text)], names: NoNames(), isStored: false,
            known: &known)
        known.end()
        #expect(!problems.contains { $0.severity == .error }, "\(problems)")
        return set
    }

    @Test("a copy says what was read, in every part of it")
    func copies() {
        var known = KnownTexts()
        let set = read(Self.text, &known)
        #expect(set.capabilities.count == 9 && set.rules.count == 2)
        var texts = KeptTexts()
        for capability in set.capabilities { #expect(capability.kept(&texts) == capability) }
        for rule in set.rules {
            let kept = rule.kept(&texts)
            #expect(kept == rule && kept.shared !== rule.shared && kept.document == rule.document)
            #expect(kept.origin == rule.origin && kept.place == rule.place)
        }
    }

    @Test("of a file that has changed, a rule that is what it was is the one that is known")
    func sharesUnchanged() throws {
        var known = KnownTexts()
        let first = read(Self.text, &known)
        let second = read(
            Self.text + "  - { id: new, permit: [open], capability: pipe, to: { uid: 9 } }\n", &known)
        #expect(second.rules.count == 3 && second.capabilities == first.capabilities)
        for (before, after) in zip(first.rules, second.rules) { #expect(before.shared === after.shared) }
        // Where it stands belongs to a rule: it is told with it.
        let third = read("# a line\n" + Self.text, &known)
        #expect(try #require(third.rules.first?.place).line == (try #require(first.rules.first?.place)).line + 1)
        #expect(third.rules.first?.shared !== first.rules.first?.shared)
    }

    @Test("a rule that is changed leaves copies of it as they were")
    func valueSemantics() {
        var known = KnownTexts()
        let rule = read(Self.text, &known).rules[0]
        var other = rule
        other.id = "other"
        other.conditions.needsReason = true
        other.to.uids.append(5)
        #expect(rule.id == "a-rule-whose-id-is-longer-than-sixteen-bytes" && other.id == "other")
        #expect(!rule.conditions.needsReason && rule.to.uids == [1, 2] && other.to.uids == [1, 2, 5])
        #expect(rule != other)
    }
}
