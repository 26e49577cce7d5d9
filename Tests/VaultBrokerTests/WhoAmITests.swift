// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import VaultInterface
import VaultModel

@testable import VaultBroker

struct WhoAmITests {
    private func identity(label: Fact<String?>, unit: Fact<String?>, exe: Fact<String>, hash: Fact<String>) -> Identity
    {
        Identity(
            uid: 1, gid: 2, groups: [3], label: label, pid: 4, unit: unit, exe: exe, exeSHA256: hash)
    }

    @Test(
        "A fact is told, or null when there is none, or unknown with the reason: each in one way, by the records' keys")
    func facts() throws {
        let told = identity(
            label: .known("l"), unit: .known(nil), exe: .unknown("it is gone"), hash: .unknown("not hashed")
        ).described
        #expect(told["label"] == "l" && told["unit"] == .null && told["none"] == ["unit"])
        let unknown = try #require(told["unknown"]?.object)
        #expect(
            unknown["exe"] == "it is gone" && unknown["exeSha256"] == "not hashed" && unknown["sha256"] == "not hashed")
        for fact in [
            "user", "pidfdInode", "label", "cgroup", "unit", "loginuid", "session", "namespace", "exe", "exeSha256",
            "sha256", "container", "pod",
        ] {
            #expect((told[fact] != nil) != (unknown[fact] != nil), "\(fact)")
        }
    }

    @Test("It is what the interface declares")
    func isDeclared() throws {
        let told = identity(label: .known(nil), unit: .known("u"), exe: .known("/x"), hash: .known("ab")).described
        let read = try BrokerInterface.Identity(parsing: told.jsonBytes())
        #expect(read.uid == 1 && read.unit == "u" && read.label == nil && read.exeSha256 == "ab")
    }
}
