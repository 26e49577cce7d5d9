// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel
import VaultPolicy

@Suite("Decisions")
struct DecisionTests {
    @Test("Without a rule everything is denied")
    func defaultDeny() throws {
        let policy = CompiledPolicy(rules: [], revision: 1, sha256: "")
        let request = DecisionRequest(
            identity: Identity(uid: 0, gid: 0), action: .open, name: try CapabilityName("a"), wallUSec: 0, bootUSec: 0)
        let decision = policy.decide(request, counters: UnusedCounters())
        #expect(!decision.isPermitted)
        #expect(decision.why == .noPermit)
    }
}
