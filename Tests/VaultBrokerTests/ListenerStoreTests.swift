// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import Testing
import VaultModel
import VaultTestKit

@testable import VaultBroker
@testable import VaultCore

@Suite("Listeners that the service manager keeps")
struct ListenerStoreTests {
    @Test("every name of a capability has one name there, which a manager takes and which no other has")
    func names() throws {
        let texts = [
            "a", "a/b", "A/B", "vault", "web.socket", "a.b@c+d-e_f",
            String(repeating: "n", count: 246), String(repeating: "n", count: 247),
            String(repeating: "n", count: 255), String(repeating: "n", count: 254) + "m",
        ]
        let names = try texts.map { ListenerStore.name(for: try CapabilityName($0)) }
        #expect(Set(names).count == names.count)
        for name in names { #expect(ServiceNotifier.isStorable(name: name)) }
        #expect(names.allSatisfy(KeptDescriptors.isName))
        for own in ["vault", "vaultd.socket", "unknown"] { #expect(!KeptDescriptors.isName(own)) }
    }

    @Test("what was kept goes to the capability of that name, once, and the rest is let go of")
    func hands() throws {
        func entry(_ name: String) throws -> ActivationSockets.Entry {
            .init(
                descriptor: HeldDescriptor(try UnixSocket.make(.stream)),
                name: ListenerStore.name(for: try CapabilityName(name)))
        }
        let store = ListenerStore(nil, [try entry("ports/a"), try entry("ports/b"), try entry("ports/c")])
        #expect(store.take(try CapabilityName("ports/a")).count == 1)
        #expect(store.take(try CapabilityName("ports/a")).isEmpty)
        #expect(store.dropRest(butFor: [try CapabilityName("ports/b")]) == ["listener=ports/c"])
        #expect(store.take(try CapabilityName("ports/b")).count == 1, "one that is opened on first use is kept for it")
    }
}
