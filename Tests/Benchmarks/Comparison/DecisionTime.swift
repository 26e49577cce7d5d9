// SPDX-License-Identifier: Apache-2.0

import VaultModel
import VaultPolicy

/// What one decision costs, by the number of rules.
enum DecisionTime {
    /// Rules as a host with many services has them: each service's user opens what is below its own name; every
    /// tenth forbids a group something.
    private static func policy(rules count: Int) throws -> CompiledPolicy {
        let rules = try (0..<count).map { index in
            if index % 10 == 9 {
                return Rule(
                    id: "forbid-\(index)", effect: .forbid, actions: ActionSet([.open]),
                    capabilities: [try NamePattern("service-\(index)/secrets/**")],
                    to: SelectorSet(gids: [UInt32(50_000 + index)]), origin: .file("bench.yaml"))
            }
            return Rule(
                id: "permit-\(index)", effect: .permit, actions: ActionSet([.open]),
                capabilities: [try NamePattern("service-\(index)/logs/*")],
                to: SelectorSet(uids: [UInt32(10_000 + index)]), rights: [.read], origin: .file("bench.yaml"))
        }
        return CompiledPolicy(rules: rules, revision: 1, sha256: String(repeating: "0", count: 64))
    }

    /// Nanoseconds for one decision: half of the requests are permitted, half are denied.
    static func nanoseconds(rules count: Int, during limit: Duration = .milliseconds(300)) throws -> Double {
        let policy = try policy(rules: count)
        let requests = try (0..<64).map { index in
            let service = index * 7919 % count
            let name = try CapabilityName("service-\(service)/\(index % 2 == 0 ? "logs/access" : "other/access")")
            let identity = Identity(uid: UInt32(10_000 + service), gid: 100, groups: [100, 4, 27])
            return DecisionRequest(
                identity: identity, action: .open, name: name, asked: .read, wallUSec: 1, bootUSec: 1)
        }
        let clock = ContinuousClock()
        let start = clock.now
        var decisions = 0
        var permitted = 0
        while clock.now - start < limit {
            for request in requests where policy.decide(request, counters: UnusedCounters()).isPermitted {
                permitted += 1
            }
            decisions += requests.count
        }
        // Also keeps the optimizer from leaving out what nobody looks at.
        precondition(permitted > 0 && permitted < decisions, "the requests are not what they were to be")
        return (clock.now - start) / .nanoseconds(1) / Double(decisions)
    }
}
