// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import Testing

@testable import VaultBroker

@Suite("What a service manager says with its address")
struct CredentialAddressTests {
    private func address(_ text: String) -> CredentialAddress? { CredentialAddress(.abstract(Array(text.utf8))) }

    @Test("the unit and the credential, whatever their bytes")
    func said() throws {
        let usual = try #require(address("6d9f3a0c1b2e4d58/unit/web@1.service/db-password"))
        #expect(usual.unit == "web@1.service" && usual.credential == Array("db-password".utf8))
        let odd = try #require(CredentialAddress(.abstract(Array("/unit/a b/".utf8) + [0xFF, 0x20])))
        #expect(odd.unit == "a b" && odd.credential == [0xFF, 0x20])
    }

    @Test(
        "anything else says nothing",
        arguments: [
            "", "/", "x", "x/unit/a.service", "x/unit/a.service/", "x/unit//b", "x/unit/a/b/c", "x/system/a/b",
            "/unit/a",
            "x/unit/a/b\0", "x/unit/a/b\0c",
        ])
    func nothing(text: String) { #expect(address(text) == nil) }

    @Test("nor does one that is not abstract, or a unit that is no text")
    func others() {
        #expect(CredentialAddress(.unnamed) == nil)
        #expect(CredentialAddress(.path("/x/unit/a/b")) == nil)
        #expect(CredentialAddress(.abstract(Array("x/unit/".utf8) + [0xFF] + Array("/b".utf8))) == nil)
    }
}
