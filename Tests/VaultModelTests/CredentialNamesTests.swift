// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import VaultModel

@Suite("How the credentials of units are called")
struct CredentialNamesTests {
    private func name(_ template: String, _ unit: String, _ credential: String) throws -> String? {
        try CredentialNames(template).name(unit: unit.utf8, credential: credential.utf8)?.text
    }

    @Test("the unit and the credential are segments of the name, and what these cannot hold is written +HH")
    func names() throws {
        #expect(try name(CredentialNames.usual, "web@1.service", "db-password") == "services/web@1.service/db-password")
        #expect(
            try name(CredentialNames.usual, "dev-disk-by\\x2did.mount", "a b")
                == "services/dev-disk-by+5Cx2did.mount/a+20b")
        #expect(try name("x/{credential}/of-{unit}", "a.service", "é+") == "x/+C3+A9+2B/of-a.service")
        #expect(try name("shared/{credential}", "a.service", "..") == "shared/+2E.")
        #expect(try name(CredentialNames.usual, "a.service", String(repeating: "/", count: 100)) == nil)
    }

    @Test("no two are one: what looks like a place in it is none")
    func distinct() throws {
        let units = ["{credential}", "{unit}", "a", "a+2F", "a/", "A"]
        let names = try units.flatMap { unit in try units.map { try name("s/{unit}/{credential}", unit, $0) ?? "" } }
        #expect(Set(names).count == units.count * units.count && !names.contains(""))
    }

    @Test("a name says which credential it is, of that unit alone")
    func credentials() throws {
        let names = try CredentialNames("s/{unit}/{credential}.v1")
        let name = try #require(names.name(unit: "a.service".utf8, credential: "b c".utf8))
        #expect(names.credential(of: name.text, unit: "a.service") == "b c")
        #expect(names.pattern(unit: "a.service") == "s/a.service/*.v1")
        for (other, unit) in [
            (name.text, "b.service"), ("s/a.service/b c", "a.service"), ("s/a.service/b+20c", "a.service"),
            ("s/a.service/b+2ec.v1", "a.service"), ("s/a.service/b/c.v1", "a.service"),
            ("s/a.service/.v1", "a.service"),
        ] {
            #expect(names.credential(of: other, unit: unit) == nil, "\(other)")
        }
    }

    @Test("what names no credential, or nothing that a name can be, is refused")
    func refused() {
        for template in [
            "", "a/{unit}", "{credential}/{credential}", "{unit}/{unit}/{credential}", "/{credential}",
            "a b/{credential}",
        ] {
            #expect(throws: InvalidText.self, "\(template)") { try CredentialNames(template) }
        }
    }
}
