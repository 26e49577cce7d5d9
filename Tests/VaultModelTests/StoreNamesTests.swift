// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import VaultModel

@Suite("How what services store is called")
struct StoreNamesTests {
    @Test("each name is one segment behind the prefix, and no two are the same")
    func names() throws {
        let names = try StoreNames(prefix: "services/{unit}")
        let unit = "web@1.service"
        let texts = ["x", "X", "a b", "a+20b", "a/b", "..", ".", "+", "x.1", "\u{7F}", "é", " "]
        let found = texts.map { names.name($0, unit: unit)?.text }
        #expect(found[0] == "services/web@1.service/x" && found[4] == "services/web@1.service/a+2Fb")
        #expect(found[5] == "services/web@1.service/+2E.")
        #expect(Set(found.map { $0 ?? "" }).count == texts.count && !found.contains(nil))
        #expect(names.name("x", unit: unit, number: 2)?.text == "services/web@1.service/x.2")
    }

    @Test("without a unit, or with too long a name, there is none")
    func none() throws {
        let names = try StoreNames(prefix: "services/{unit}/fds")
        #expect(names.needsUnit && names.name("x", unit: nil) == nil)
        #expect(names.name(String(repeating: "/", count: 100), unit: "u") == nil)
        let plain = try StoreNames(prefix: "fds")
        #expect(!plain.needsUnit && plain.name("x", unit: nil)?.text == "fds/x")
        for prefix in ["", "/a", "a//{unit}", "a/{unit}/{unit}", "a b", "../{unit}"] {
            #expect(throws: InvalidText.self) { try StoreNames(prefix: prefix) }
        }
    }

    @Test("a unit's names are those beneath its own prefix")
    func covers() throws {
        let names = try StoreNames(prefix: "services/{unit}")
        let name = try CapabilityName("services/a.service/x")
        #expect(names.covers(name, unit: "a.service"))
        for unit in ["a.servic", "a.service/x", "b", nil] { #expect(!names.covers(name, unit: unit)) }
    }
}
