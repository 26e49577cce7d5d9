// SPDX-License-Identifier: Apache-2.0

import Records
import Testing
import VaultLedger
import VaultTestKit

@testable import VaultBroker

@Suite("The hash of one policy after the other")
struct PolicyHashTests {
    @Test("is that of all texts, whatever was changed since the one before")
    func agrees() {
        let seed = Seed()
        var random = seed.generator
        var hash = PolicyHash()
        var stored = StoredPolicy.none
        var next = 0
        for step in 0..<Soak.count(400, full: 20_000) {
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                stored.files = (0..<Int.random(in: 0...3, using: &random)).map {
                    StoredFile(path: "\(9 - $0).yaml", text: "text \(step)")
                }
            case 1, 2:
                for _ in 0..<Int.random(in: 1...200, using: &random) {
                    next += 1
                    let id = "r\(next * 7919 % 100_003)"
                    stored.rules.append(
                        StoredRule(id: id, document: "rule \(next)", origin: "granted", addedRevision: step))
                }
            case 3, 4:
                for _ in 0..<Int.random(in: 1...5, using: &random) where !stored.rules.isEmpty {
                    stored.rules.remove(at: Int.random(in: 0..<stored.rules.count, using: &random))
                }
            case 5:
                next += 1
                stored.suspensions.append(Suspension(rule: "s\(next * 31 % 1009)-\(next)", addedRevision: step))
            case 6:
                if !stored.suspensions.isEmpty {
                    stored.suspensions.remove(at: Int.random(in: 0..<stored.suspensions.count, using: &random))
                }
            default: if Int.random(in: 0..<10, using: &random) == 0 { stored.rules.removeAll() }
            }
            guard hash.digest(of: stored) == stored.digest else {
                Issue.record("\(seed), step \(step)")
                return
            }
        }
    }

    @Test("is another for texts that only look the same")
    func looksTheSame() {
        var hash = PolicyHash()
        var stored = StoredPolicy.none
        var seen: Set<String> = []
        for text in ["caf\u{E9}", "cafe\u{301}", "caf\u{E9}"] {
            stored.files = [StoredFile(path: "a.yaml", text: text)]
            stored.rules = [StoredRule(id: "r", document: "r", origin: "granted", addedRevision: 1)]
            #expect(hash.digest(of: stored) == stored.digest)
            stored.rules = [StoredRule(id: "r", document: text, origin: "granted", addedRevision: 1)]
            #expect(hash.digest(of: stored) == stored.digest)
            seen.insert(stored.digest)
        }
        #expect(seen.count == 2)
    }

    /// It is written into every record of a decision, and is compared with what is stored by `vault audit verify`.
    @Test("stays the one that it always was")
    func golden() {
        var stored = StoredPolicy.none
        stored.files = [StoredFile(path: "b.yaml", text: "b"), StoredFile(path: "a.yaml", text: "vault: 1\n")]
        stored.rules = [
            StoredRule(id: "z", document: "{\"id\":\"z\"}", origin: "granted", addedRevision: 1),
            StoredRule(id: "y", document: "{\"id\":\"y\"}", origin: "bootstrap", addedRevision: 1),
        ]
        stored.suspensions = [Suspension(rule: "x", addedRevision: 2)]
        var hash = PolicyHash()
        #expect(hash.digest(of: stored) == "561456fe6a755667aee53a7dd6cd8809cfd603504ea626f44c1e6ebb45189e38")
        #expect(stored.digest == "561456fe6a755667aee53a7dd6cd8809cfd603504ea626f44c1e6ebb45189e38")
    }
}
