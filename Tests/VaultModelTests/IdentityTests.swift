// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel

@Suite("Callers that somebody describes")
struct IdentityTests {
    @Test("What is not said is not known, or is not there")
    func unsaid() {
        let unknown = Identity(Subject(uid: 1000), unsaid: .unknown)
        #expect(unknown.uid == 1000 && unknown.unit.value == nil && unknown.exe.value == nil)
        #expect(!unknown.idMapIsIdentity && unknown.gid == 65534)
        let absent = Identity(Subject(uid: 1000), unsaid: .absent)
        #expect(absent.unit == .known(nil) && absent.label == .known(nil) && absent.loginuid == .known(nil))
        #expect(absent.namespace == .known("host") && absent.gid == .max && absent.idMapIsIdentity)
    }

    @Test(
        "A unit below user.slice is not one of the system manager",
        arguments: [
            ("nginx.service", nil, true), ("user@1000.service", nil, false), ("session-2.scope", nil, false),
            ("nginx.service", "/user.slice/user-1000.slice/nginx.service", false),
            ("nginx.service", "/system.slice/nginx.service", true), (nil, nil, false),
        ] as [(String?, String?, Bool)])
    func systemUnit(unit: String?, cgroup: String?, expected: Bool) {
        let identity = Identity(Subject(uid: 1, cgroup: cgroup, unit: unit), unsaid: .absent)
        #expect(identity.unitIsOfSystemManager == expected)
    }

    @Test("The first group that is said is the primary one")
    func groups() {
        let identity = Identity(Subject(uid: 1, groups: [4, 5]), unsaid: .absent)
        #expect(identity.gid == 4 && identity.groups == [5])
        #expect(Identity(Subject(uid: 1, gid: 3, groups: [4]), unsaid: .unknown).groups == [4])
    }

    @Test("Selectors know their strength")
    func strength() {
        #expect(
            SelectorKind.allCases.filter(\.isFixedAtConnect).map(\.rawValue) == [
                "user", "uid", "group", "gid", "label",
            ])
        #expect(SelectorKind.allCases.filter { $0.strength == .advisory } == [.exe, .sha256])
        let units = SelectorSet(units: [(try? TextPattern("a.service"))].compactMap { $0 })
        #expect(units.restsOnUnit && !units.isAuthoritative)
        #expect(!SelectorSet.anyone.restsOnUnit && SelectorSet.anyone.kinds.isEmpty)
        #expect(SelectorSet(uids: [1], units: units.units).kinds.kinds == [.uid, .unit])
    }
}
