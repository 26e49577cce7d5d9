// SPDX-License-Identifier: Apache-2.0

import PolicyFiles
import Testing
import VaultModel

/// Every key of a capability for every kind, every condition for every action: what nothing acts on is refused, with its
/// place, and what is accepted is what the broker does.
@Suite("Keys that a kind or an action does not honour")
struct KeysOfKindsTests {
    /// A kind, without the keys that the table is about.
    struct Kind: Sendable, CustomTestStringConvertible {
        let key: String
        /// What it cannot be without.
        let members: String
        let deliveries: Set<String>
        let openings: Set<String>
        /// The keys inside of the kind that it takes, with a value.
        let keys: Set<String>

        init(_ key: String, _ members: String, _ deliveries: Set<String>, _ openings: Set<String>, keys: Set<String>) {
            self.key = key
            self.members = members
            self.deliveries = deliveries
            self.openings = openings
            self.keys = keys
        }

        var testDescription: String { "\(key): { \(members) }" }

        func problems(_ more: String = "", beside: String = "", isStored: Bool = false) -> [PolicyProblem] {
            let inside = [members, more].filter { !$0.isEmpty }.joined(separator: ", ")
            // What has to be written for the kind.
            let delivery = key == "connect" && !beside.contains("delivery:") ? "    delivery: shared\n" : ""
            let text = "vault: 1\ncapabilities:\n  - name: a\n    \(key): { \(inside) }\n    \(beside)\n\(delivery)"
            return PolicyReader.read(
                [PolicyFile(path: "p.yaml", text: text)], names: FixedNames(), zones: FixedZones(), isStored: isStored
            ).1.filter { !(key == "directory" && $0.severity == .warning && $0.message.contains("'..'")) }
        }
    }

    private static let others = "writable-by-others"
    private static let buffers: Set = ["receive-buffer", "send-buffer"]
    private static let always: Set = ["at-start", "on-first-use", "each-grant"]
    private static let held: Set = ["at-start", "on-first-use"]

    static let kinds = [
        Kind(
            "file", "path: /a, rights: [read, write]", ["fresh", "shared"], always,
            keys: ["create", "nofollow", others]),
        Kind("directory", "path: /a", ["fresh", "shared"], always, keys: [others]),
        Kind("device", "path: /a", ["fresh", "shared"], always, keys: ["rights", others]),
        Kind("fifo", "path: /a", ["shared"], held, keys: ["create", "rights", others]),
        Kind("pipe", "", ["shared"], held, keys: ["rights"]),
        Kind("listen", "tcp: \"*:1\"", ["shared"], held, keys: buffers.union(["backlog", "reuse-port"])),
        Kind(
            "listen", "tcp: \"[::]:1\"", ["shared"], held, keys: buffers.union(["backlog", "reuse-port", "v6only"])),
        Kind(
            "listen", "tcp: \"[::1]:1\"", ["shared"], held,
            keys: buffers.union(["backlog", "reuse-port", "v6only", "freebind"])),
        Kind("listen", "udp: 127.0.0.1:1", ["shared"], held, keys: buffers.union(["reuse-port", "freebind"])),
        Kind("listen", "udp: \"*:1\"", ["shared"], held, keys: buffers.union(["reuse-port"])),
        Kind("listen", "unix: /a, as: alice", ["shared"], held, keys: ["backlog", "mode", "type", "group"]),
        Kind("listen", "unix: /a, as: alice, type: datagram", ["shared"], held, keys: ["mode", "group"]),
        Kind("listen", "unix: \"@a\", as: alice", ["shared"], held, keys: ["backlog", "type", "group"]),
        Kind("connect", "tcp: 127.0.0.1:1", ["shared"], ["each-grant"], keys: []),
        Kind("connect", "unix: /a, as: alice", ["shared"], ["each-grant"], keys: ["type"]),
        Kind("memory", "file: /a", ["fresh", "shared"], always, keys: [others]),
        Kind("memory", "credential: a", ["fresh", "shared"], always, keys: []),
        Kind("helper", "run: /bin/x, path: y", ["shared"], ["each-grant"], keys: ["rights"]),
    ]

    private static let keys = [
        "create": "0600", "nofollow": "yes", "rights": "[read]", "backlog": "5", "mode": "0600", "type": "stream",
        "as": "bob", "group": "adm", "v6only": "yes", "reuse-port": "yes", "freebind": "yes",
        "receive-buffer": "64KiB", "send-buffer": "64KiB", "delivery": "shared", others: "yes",
    ]

    @Test("Each way of delivery and each time of opening, for each kind", arguments: kinds)
    func handling(kind: Kind) {
        for delivery in Delivery.allCases.map(\.rawValue) {
            expect(
                kind.problems(beside: "delivery: \(delivery)"), isRight: kind.deliveries.contains(delivery), "5:15",
                delivery)
        }
        for opening in Opening.allCases.map(\.rawValue) {
            expect(kind.problems(beside: "open: \(opening)"), isRight: kind.openings.contains(opening), "5:11", opening)
        }
    }

    @Test("Each time of renewal, for each kind, and none for what is opened for each grant", arguments: kinds)
    func renewals(kind: Kind) {
        let right: Set =
            kind.key == "file" ? ["replaced", "written", "asked"] : kind.key == "memory" ? ["written", "asked"] : []
        for renewal in Renewal.allCases.map(\.rawValue) {
            let problems = kind.problems(beside: "renew: \(renewal)")
            guard !right.contains(renewal) else {
                #expect(problems.isEmpty, "\(problems)")
                let both = kind.problems(beside: "renew: \(renewal)\n    open: each-grant")
                #expect(both.map { "\($0.line):\($0.column)" } == ["5:12"], "\(both)")
                continue
            }
            #expect(problems.map { "\($0.line):\($0.column)" } == ["5:12"], "\(renewal): \(problems)")
            #expect(
                problems.first?.remedy.contains("renew") == true || problems.first?.remedy.contains("write ") == true)
        }
        #expect(kind.problems(beside: "renew: never").first?.message.contains("'never'") == true)
    }

    @Test("Each key inside of a kind, for each kind", arguments: kinds)
    func insideKeys(kind: Kind) {
        for (key, value) in Self.keys where !kind.members.contains("\(key):") {
            let problems = kind.problems("\(key): \(value)")
            if kind.keys.contains(key) {
                #expect(problems.isEmpty, "\(kind.testDescription) \(key): \(problems)")
            } else {
                #expect(problems.map(\.severity) == [.error], "\(kind.testDescription) \(key): \(problems)")
                #expect(problems.first?.line == 4 && problems.first?.remedy.isEmpty == false)
                #expect(problems.first?.message.contains("'\(key)'") == true)
            }
        }
    }

    private func expect(_ problems: [PolicyProblem], isRight: Bool, _ place: String, _ word: String) {
        guard !isRight else {
            #expect(problems.isEmpty, "\(problems)")
            return
        }
        #expect(problems.map(\.severity) == [.error], "\(word): \(problems)")
        #expect(problems.first.map { "\($0.line):\($0.column)" } == place, "\(word)")
        #expect(problems.first?.message.contains(word) == true && problems.first?.remedy.contains("write ") == true)
    }

    @Test(
        "What is opened for each grant is a description of its own, and not shared; what a helper passes may be",
        arguments: kinds.filter { $0.openings.contains("each-grant") })
    func combinations(kind: Kind) {
        let both = "open: each-grant\n    delivery: shared"
        guard kind.deliveries.contains("fresh") else {
            #expect(kind.problems(beside: both).isEmpty)
            return
        }
        let shared = kind.problems(beside: both)
        #expect(shared.map { "\($0.line):\($0.column)" } == ["6:15"])
        #expect(shared.first?.message.contains("a \(kind.key) that is opened for each grant") == true)
        #expect(shared.first?.remedy == "write delivery: fresh, or open: at-start")
        #expect(kind.problems(beside: both, isStored: true).map(\.severity) == [.warning])
    }

    @Test("What was accepted before stays, with a warning, and does what it did")
    func stored() {
        for kind in Self.kinds where !kind.openings.contains("each-grant") {
            #expect(kind.problems(beside: "open: each-grant", isStored: true).map(\.severity) == [.warning])
        }
        let (capability, problems) = PolicyReader.readCapability(
            document: "{ name: a, pipe: {}, open: each-grant }", names: FixedNames(), isStored: true)
        #expect(capability?.opening == .atStart && problems.map(\.severity) == [.warning])
        let (none, errors) = PolicyReader.readCapability(
            document: "{ name: a, pipe: {}, open: each-grant }", names: FixedNames())
        #expect(none == nil && errors.map(\.severity) == [.error])
    }

    // MARK: Conditions

    /// A key of a rule, and the actions of a permit with which it is right; in a forbid it is, or not.
    struct Condition: Sendable, CustomTestStringConvertible {
        let text: String
        let actions: Set<String>
        let isOfForbids: Bool

        var key: String { String(text.prefix { $0 != ":" }) }
        var testDescription: String { text }
    }

    private static let all = Set(Action.allCases.map(\.rawValue))

    static let conditions = [
        Condition(text: "not-before: 2026-01-01T00:00:00Z", actions: all, isOfForbids: true),
        Condition(text: "not-after: 2026-01-01T00:00:00Z", actions: all, isOfForbids: true),
        Condition(text: "hours: 01:00-02:00 UTC", actions: all, isOfForbids: true),
        Condition(text: "lease: 1h", actions: ["open"], isOfForbids: false),
        Condition(text: "uses: 3", actions: ["open"], isOfForbids: false),
        Condition(text: "outstanding: 3", actions: ["open"], isOfForbids: false),
        Condition(text: "rate: 1/s", actions: ["open"], isOfForbids: false),
        Condition(text: "reason: required", actions: ["open"], isOfForbids: false),
        Condition(text: "rights: [read]", actions: ["open", "deposit"], isOfForbids: true),
        Condition(text: "deposits: 3", actions: ["deposit"], isOfForbids: false),
        Condition(text: "any-filesystem: yes", actions: ["deposit"], isOfForbids: false),
        Condition(text: "directories: yes", actions: ["deposit"], isOfForbids: false),
        Condition(text: "devices: yes", actions: ["deposit"], isOfForbids: false),
    ]

    @Test("Each condition, for each action, in permits and in forbids", arguments: conditions)
    func conditionsOfActions(condition: Condition) {
        for action in Action.allCases {
            for effect in ["permit", "forbid"] {
                let name = action.takesCapability ? "\n    capability: a" : ""
                let text =
                    "vault: 1\nrules:\n  - id: r\n    \(condition.text)\n    \(effect): [\(action.rawValue)]\(name)\n    to: { uid: 1 }\n"
                let problems = PolicyReader.read(
                    [PolicyFile(path: "p.yaml", text: text)], names: FixedNames(), zones: FixedZones()
                ).1
                let isRight =
                    condition.actions.contains(action.rawValue) && (effect == "permit" || condition.isOfForbids)
                let cell = "\(effect) \(action.rawValue), \(condition.text): \(problems)"
                guard !isRight else {
                    #expect(problems.isEmpty, "\(cell)")
                    continue
                }
                #expect(problems.map(\.severity) == [.error], "\(cell)")
                #expect(problems.first?.line == 4 && problems.first?.column == 5, "\(cell)")
                #expect(problems.first?.message.contains("'\(condition.key)'") == true, "\(cell)")
            }
        }
    }
}
