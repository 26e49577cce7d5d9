// SPDX-License-Identifier: Apache-2.0

import VaultModel
import VaultPolicy
import VaultTestKit

/// Random rules and requests over few names and principals, so that they often meet.
struct RandomPolicy {
    var random: SeededGenerator

    static let uids: [UInt32] = [1000, 1001, 1002, 65534]
    static let gids: [UInt32] = [10, 11, 12, 65534]
    static let labels = ["web", "backup/a", "backup/b"]
    static let units = ["a.service", "b.service", "b@1.service", "user@1000.service"]
    static let cgroups = ["/system.slice/a.service", "/system.slice/b.service", "/user.slice/x"] + containers
    static let containerID = String(repeating: "ab", count: 32)
    static let containers = [
        "/system.slice/docker-\(containerID).scope", "/user.slice/user@5.service/libpod-\(containerID).scope",
        "/kubepods/burstable/pod0b7d8a4e-0000-4000-8000-1234567890ab/\(containerID)",
    ]
    static let exes = ["/usr/bin/a", "/usr/bin/b", "/opt/x/y"]
    static let segments = ["a", "b", "ab", "abc"]
    static let start: Int64 = 1_790_000_000_000_000

    mutating func rules() -> [Rule] {
        let count = Int.random(in: 0...12, using: &random)
        return (0..<count).map { rule(id: "r\($0)") }.shuffled(using: &random)
    }

    mutating func rule(id: String, effect: Effect? = nil) -> Rule {
        let effect = effect ?? (random.chance(5) ? .forbid : .permit)
        let aboutBroker = random.chance(8)
        let actions =
            aboutBroker
            ? random.some([Action.audit, .admin])
            : random.chance(2) ? [.open] : random.some([Action.open, .deposit, .remove, .list, .watch, .renew])
        var rule = Rule(
            id: id, effect: effect, actions: ActionSet(actions),
            capabilities: aboutBroker ? [] : (0..<(random.chance(3) ? 2 : 1)).map { _ in pattern() },
            to: selectors(), conditions: conditions(effect), origin: .granted)
        if random.chance(4) { rule.rights = rights() }
        if random.chance(3) {
            rule.anchor = TimeAnchor(
                bootID: random.chance(2) ? "this" : "other", bootUSec: 1_000_000,
                wallUSec: Self.start + Int64.random(in: -3...3, using: &random) * DurationText.hour)
        }
        return rule
    }

    mutating func rights() -> Rights { Rights(rawValue: UInt8.random(in: 1...15, using: &random)) }

    mutating func pattern() -> NamePattern {
        while true {
            let text = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                random.one(Self.segments + ["*", "**", "**", "a*", "*b", "*b*", "a*c"])
            }.joined(separator: "/")
            if let pattern = try? NamePattern(text) { return pattern }
        }
    }

    mutating func name() -> CapabilityName {
        let text = (0..<Int.random(in: 1...3, using: &random)).map { _ in random.one(Self.segments) }
        guard let name = try? CapabilityName(text.joined(separator: "/")) else { preconditionFailure("a name") }
        return name
    }

    mutating func selectors() -> SelectorSet {
        var selectors = SelectorSet()
        func patterns(_ texts: [String]) -> [TextPattern] { texts.compactMap { try? TextPattern($0) } }
        if random.chance(3) { return .anyone }
        if random.chance(3) { selectors.users = random.some(Self.uids).map { NamedID(name: "u\($0)", id: $0) } }
        if random.chance(5) { selectors.uids = random.some(Self.uids) }
        if random.chance(4) { selectors.groups = random.some(Self.gids).map { NamedID(name: "g\($0)", id: $0) } }
        if random.chance(6) { selectors.gids = random.some(Self.gids) }
        if random.chance(5) { selectors.labels = patterns(random.some(Self.labels + ["backup/*"])) }
        if random.chance(6) { selectors.cgroups = patterns(random.some(Self.cgroups + ["/system.slice/**"])) }
        if random.chance(4) { selectors.units = patterns(random.some(Self.units + ["b@*.service"])) }
        if random.chance(8) { selectors.loginuids = random.some(Self.uids).map { NamedID(id: $0) } }
        if random.chance(8) { selectors.namespaces = ["host"] }
        if random.chance(6) { selectors.exes = patterns(random.some(Self.exes + ["/usr/**"])) }
        if random.chance(8) { selectors.sha256s = random.some(["00", "11"]) }
        if random.chance(8) { selectors.containers = patterns(random.some([Self.containerID, "*", "ab*"])) }
        if random.chance(8) { selectors.pods = patterns(random.some(["*", "0b7d*"])) }
        return selectors.kinds.isEmpty ? .anyone : selectors
    }

    private mutating func conditions(_ effect: Effect) -> Conditions {
        var conditions = Conditions()
        func time() -> Int64 { Self.start + Int64.random(in: -5...5, using: &random) * DurationText.hour }
        if random.chance(8) { conditions.notBeforeUSec = time() }
        if random.chance(8) { conditions.notAfterUSec = time() }
        if random.chance(8) {
            let offsets = random.chance(4) ? nil : ZoneOffsets(first: 3600)
            let start = Int.random(in: 0..<24, using: &random) * 60
            conditions.hours = [
                Hours(
                    days: Weekdays(rawValue: UInt8.random(in: 1...127, using: &random)), start: start,
                    end: (start + 600) % 1440 + 1, zone: Zone(name: "zone", offsets: offsets))
            ]
        }
        guard effect == .permit else { return conditions }
        if random.chance(3) { conditions.leaseUSec = Int64.random(in: 1...3, using: &random) * DurationText.minute }
        if random.chance(5) { conditions.uses = Limit(inAll: UInt64.random(in: 1...6, using: &random)) }
        if random.chance(8) {
            conditions.outstanding = Limit(inAll: 5, perPrincipal: UInt64.random(in: 1...6, using: &random))
        }
        if random.chance(8) {
            conditions.rate = Limit(inAll: [RateWindow(count: 3, windowUSec: 1), RateWindow(count: 5, windowUSec: 9)])
        }
        conditions.needsReason = random.chance(8)
        return conditions
    }

    mutating func request() -> DecisionRequest {
        DecisionRequest(
            identity: identity(), action: random.chance(2) ? .open : random.one(Action.allCases), name: name(),
            asked: random.chance(2) ? nil : rights(), offered: random.chance(2) ? .all : rights(),
            hasReason: random.chance(2),
            wallUSec: Self.start + Int64.random(in: -6...6, using: &random) * DurationText.hour,
            bootUSec: Int64.random(in: 0...6, using: &random) * DurationText.hour, clockIsTrusted: !random.chance(4))
    }

    private mutating func identity() -> Identity {
        func fact<Value>(_ value: Value) -> Fact<Value> { random.chance(5) ? .unknown("not read") : .known(value) }
        let unit = random.one(Self.units)
        return Identity(
            uid: random.one(Self.uids), gid: random.one(Self.gids),
            groups: random.chance(2) ? [] : random.some(Self.gids, most: 3),
            label: fact(random.chance(3) ? nil : random.one(Self.labels)), pin: random.chance(6) ? .weak : .pidfd,
            cgroup: fact(random.chance(4) ? nil : random.one(Self.cgroups)), unit: fact(random.chance(4) ? nil : unit),
            unitIsOfSystemManager: !unit.hasPrefix("user@"),
            loginuid: fact(random.chance(4) ? nil : random.one(Self.uids)),
            namespace: fact(random.chance(3) ? "4026532000" : "host"), exe: fact(random.one(Self.exes)),
            exeSHA256: fact(random.one(["00", "11", "22"])), idMapIsIdentity: !random.chance(4))
    }

    /// Counters in which every rule has used the same number, one more in all than for each principal.
    mutating func counters() -> FixedCounters { FixedCounters(count: UInt64.random(in: 0...5, using: &random)) }
}

struct FixedCounters: CounterView {
    var count: UInt64
    func used(rule: String, principal: UInt32?) -> UInt64 { count }
    func outstanding(rule: String, principal: UInt32?) -> UInt64 { principal == nil ? count / 2 : count }
    func recent(rule: String, principal: UInt32?, windowUSec: Int64) -> UInt64 { count / 2 }
    func deposits(rule: String, principal: UInt32?) -> UInt64 { count / 2 }
}

extension SeededGenerator {
    /// True once in so many times.
    mutating func chance(_ times: Int) -> Bool { Int.random(in: 0..<times, using: &self) == 0 }

    /// Some of the elements, at least one.
    mutating func some<Element>(_ elements: [Element], most: Int = 2) -> [Element] {
        Array(elements.shuffled(using: &self).prefix(Int.random(in: 1...most, using: &self)))
    }

    mutating func one<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self)]
    }
}
