// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import VaultClient

struct BrokerLocationTests {
    private static let system = "/run/vaultd/vault.sock"
    private static let own = "/run/user/7/vaultd/vault.sock"

    private func resolve(
        _ location: BrokerLocation, _ environment: [String: String] = [:], existing: Set<String> = []
    ) -> String {
        location.resolvedPath(environment: { environment[$0] }, exists: existing.contains)
    }

    @Test("A path is taken as it is, whatever the environment says")
    func path() {
        #expect(resolve(.path("@abstract"), ["VAULT_SOCKET": "/x"]) == "@abstract")
        #expect(resolve(.system, ["VAULT_SOCKET": "/x"], existing: [Self.own]) == Self.system)
    }

    @Test("The user's own broker is below XDG_RUNTIME_DIR, else below /run/user/UID")
    func user() {
        #expect(resolve(.user, ["XDG_RUNTIME_DIR": "/run/user/7", "VAULT_SOCKET": "/x"]) == Self.own)
        #expect(resolve(.user) == "/run/user/\(getuid())/vaultd/vault.sock")
        #expect(resolve(.user, ["XDG_RUNTIME_DIR": ""]) == "/run/user/\(getuid())/vaultd/vault.sock")
    }

    @Test("The broker is VAULT_SOCKET, else the system socket; if only one exists, that one")
    func automatic() {
        let runtime = ["XDG_RUNTIME_DIR": "/run/user/7"]
        #expect(resolve(.automatic, ["VAULT_SOCKET": "/x"], existing: [Self.system]) == "/x")
        #expect(resolve(.automatic, ["VAULT_SOCKET": ""], existing: [Self.system]) == Self.system)
        #expect(resolve(.automatic, runtime, existing: [Self.system, Self.own]) == Self.system)
        #expect(resolve(.automatic, runtime, existing: [Self.own]) == Self.own)
        #expect(resolve(.automatic, runtime, existing: []) == Self.system)
    }
}
