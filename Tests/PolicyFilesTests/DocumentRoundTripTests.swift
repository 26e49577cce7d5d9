// SPDX-License-Identifier: Apache-2.0

import PolicyFiles
import Testing
import VaultModel
import VaultPolicy

@Suite("Documents are read back")
struct DocumentRoundTripTests {
    private static let rules = [
        """
        id: everything
        permit: [open, remove, list]
        capability: ["**", a/*, b]
        to:
          user: [alice, bob]
          uid: [1000, 1001]
          group: adm
          gid: 4
          label: "l:*"
          cgroup: /system.slice/**
          unit: [a.service, "b@*.service"]
          loginuid: [alice, 7]
          namespace: host
          exe: ["/usr/bin/x", "**/y"]
          container: ["3f2a*", "*"]
          pod: 0b7d8a4e-0000-4000-8000-1234567890ab
          sha256: E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855
        rights: [append, read]
        not-before: 2026-01-01T00:00:00+02:00
        not-after: 2026-06-01T00:00:00.25Z
        hours: ["sat-mon 22:00-06:00 Europe/Berlin", "12:00-13:00 -03:30"]
        lease: 90m
        max-lease: 1d
        uses: { in-all: 10, per-principal: 2 }
        outstanding: 3
        rate: { in-all: [1/s, 30/m], per-principal: 5/90s }
        reason: required
        """,
        "{ id: small, forbid: open, capability: a, to: anyone }",
        "{ id: broker, permit: [admin, audit], to: { user: root } }",
        "{ id: rates, permit: open, capability: a, to: anyone, rate: 1/s, uses: { per-principal: 1 } }",
    ]

    @Test("A rule is the same after its document was written and read", arguments: rules)
    func rule(text: String) throws {
        func read(_ document: String) throws -> Rule {
            let (rule, problems) = PolicyReader.readRule(
                document: document, origin: .granted, names: FixedNames(), zones: FixedZones())
            #expect(problems.isEmpty)
            var found = try #require(rule)
            found.place = nil
            return found
        }
        let first = try read(text)
        let second = try read(first.document)
        #expect(first == second)
        #expect(first.document == second.document)
    }

    @Test(
        "A capability is the same after its document was written and read",
        arguments: [
            "{ name: a, file: { path: /a, rights: [write, read], create: 0640, nofollow: yes }, open: on-first-use }",
            "{ name: a, file: { path: /a }, delivery: shared }", "{ name: a, fifo: { path: /a, create: 0600 } }",
            "{ name: a, file: { path: /a, writable-by-others: yes } }",
            "{ name: a, memory: { file: /a, writable-by-others: true } }",
            "{ name: a, fifo: { path: /a, rights: read } }", "{ name: a, pipe: {} }",
            "{ name: a, pipe: { rights: write } }",
            "{ name: a, listen: { tcp: \"*:80\", backlog: 7 } }", "{ name: a, listen: { tcp: \"[::1]:0\" } }",
            "{ name: a, listen: { udp: \"127.0.0.1:53\" } }",
            "{ name: a, listen: { unix: /run/a, as: alice, type: seqpacket, mode: 0666, backlog: 9 } }",
            "{ name: a, listen: { unix: /run/a, as: 0, type: datagram } }", "{ name: a, memory: { file: /a } }",
            "{ name: a, memory: { credential: c }, open: each-grant }",
            "{ name: a, helper: { run: [/bin/h, -x], path: \"p q\", rights: [read, write] } }",
        ])
    func capability(text: String) throws {
        func read(_ document: String) throws -> Capability {
            let (capability, problems) = PolicyReader.readCapability(document: document, names: FixedNames())
            #expect(problems.isEmpty)
            var found = try #require(capability)
            found.place = nil
            return found
        }
        let first = try read(text)
        #expect(try read(first.document) == first)
    }

    @Test("A document may leave out its id where there is one for it")
    func defaultID() {
        let document = #"{"permit":["open"],"capability":"a","to":{"user":"alice"}}"#
        let (rule, problems) = PolicyReader.readRule(
            document: document, origin: .granted, names: FixedNames(), defaultID: "grant-7")
        #expect(rule?.id == "grant-7" && rule?.origin == .granted && problems.isEmpty)
        let (none, missing) = PolicyReader.readRule(document: document, origin: .granted, names: FixedNames())
        #expect(none == nil && missing.map(\.message) == ["a rule has no 'id'"])
        #expect(missing.first?.path == "document")
    }

    @Test("A stored rule outlives its time zone; nothing is then known about its hours")
    func storedZone() throws {
        let document = #"{"id":"r","permit":"open","capability":"a","to":"anyone","hours":"00:00-24:00 Gone/Away"}"#
        func read(isStored: Bool) -> (Rule?, [PolicyProblem]) {
            PolicyReader.readRule(
                document: document, origin: .granted, names: FixedNames(), zones: FixedZones(), isStored: isStored)
        }
        #expect(read(isStored: false).0 == nil)
        let rule = try #require(read(isStored: true).0)
        #expect(rule.conditions.hours.first?.zone == Zone(name: "Gone/Away", offsets: nil))
        #expect(rule.conditions.hours.first?.contains(0) == nil)
    }

    @Test(
        "Documents that are no mapping, or no YAML, are problems and not traps",
        arguments: ["", "x", "[", "{", "&a x", "*a", "- a"])
    func garbage(text: String) {
        #expect(!PolicyReader.readRule(document: text, origin: .granted, names: FixedNames()).1.isEmpty)
        #expect(!PolicyReader.readCapability(document: text, names: FixedNames()).1.isEmpty)
    }
}
