// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel
import VaultPolicy

@Suite("Who is calling")
struct IdentityMatchingTests {
    /// A caller of whom everything is known.
    private static let known = {
        var identity = inNoContainer
        identity.saidContainer = .known("3f2a")
        identity.saidPod = .known("0b7d")
        return identity
    }()
    private static let inNoContainer = Identity(
        uid: 1000, gid: 100, groups: [4, 24], label: .known("web"), pin: .pidfd, userName: "alice",
        cgroup: .known("/system.slice/a.service"), unit: .known("a.service"), unitIsOfSystemManager: true,
        loginuid: .known(1000), namespace: .known("host"), exe: .known("/usr/bin/a"), exeSHA256: .known("00"))

    private static func selectors() throws -> [(SelectorKind, matching: SelectorSet, other: SelectorSet)] {
        [
            (
                .user, SelectorSet(users: [NamedID(name: "x", id: 9), NamedID(name: "alice", id: 1000)]),
                SelectorSet(users: [NamedID(name: "bob", id: 1)])
            ),
            (.uid, SelectorSet(uids: [1000]), SelectorSet(uids: [100])),
            (
                .group, SelectorSet(groups: [NamedID(name: "adm", id: 4)]),
                SelectorSet(groups: [NamedID(name: "x", id: 1000)])
            ),
            (.gid, SelectorSet(gids: [100]), SelectorSet(gids: [5])),
            (
                .label, SelectorSet(labels: try Fixture.patterns("x", "web")),
                SelectorSet(labels: try Fixture.patterns("we"))
            ),
            (
                .cgroup, SelectorSet(cgroups: try Fixture.patterns("/system.slice/**")),
                SelectorSet(cgroups: try Fixture.patterns("/system.slice"))
            ),
            (
                .unit, SelectorSet(units: try Fixture.patterns("a.service")),
                SelectorSet(units: try Fixture.patterns("b*.service"))
            ),
            (.loginuid, SelectorSet(loginuids: [NamedID(id: 1000)]), SelectorSet(loginuids: [NamedID(id: 0)])),
            (.namespace, SelectorSet(namespaces: ["host"]), SelectorSet(namespaces: ["other"])),
            (
                .exe, SelectorSet(exes: try Fixture.patterns("/usr/**")),
                SelectorSet(exes: try Fixture.patterns("/usr/bin/b"))
            ),
            (.sha256, SelectorSet(sha256s: ["11", "00"]), SelectorSet(sha256s: ["11"])),
            (
                .container, SelectorSet(containers: try Fixture.patterns("3f*")),
                SelectorSet(containers: try Fixture.patterns("3f"))
            ),
            (.pod, SelectorSet(pods: try Fixture.patterns("*")), SelectorSet(pods: try Fixture.patterns("0b7e*"))),
        ]
    }

    private func matches(_ to: SelectorSet, _ identity: Identity, _ effect: Effect) throws -> Bool {
        let rules =
            effect == .permit
            ? [try Fixture.rule("r", to: to)] : [try Fixture.rule("p"), try Fixture.rule("r", .forbid, to: to)]
        let decision = Fixture.decide(rules, try Fixture.request(identity))
        return effect == .permit ? decision.isPermitted : !decision.isPermitted
    }

    @Test("Of who can have left groups none is known: no permit for a group matches, and every forbid does")
    func groupsThatCanBeLeft() throws {
        var identity = Self.known
        identity.groupsProblem = "it lives in a user namespace of its own"
        for group: UInt32 in [4, 24, 100, 7] {
            for to in [SelectorSet(groups: [NamedID(name: "g", id: group)]), SelectorSet(gids: [group])] {
                #expect(try !matches(to, identity, .permit))
                #expect(try matches(to, identity, .forbid))
            }
        }
        #expect(try matches(SelectorSet(uids: [1000]), identity, .permit))
    }

    @Test("Every selector takes the caller that it names, and no other; a list within one is ORed")
    func everySelector() throws {
        for (kind, matching, other) in try Self.selectors() {
            #expect(matching.kinds == SelectorKinds(kind))
            for effect in [Effect.permit, .forbid] {
                #expect(try matches(matching, Self.known, effect), "\(kind) \(effect)")
                #expect(try !matches(other, Self.known, effect), "\(kind) \(effect)")
            }
        }
    }

    @Test("Selectors are ANDed")
    func and() throws {
        var both = SelectorSet(uids: [1000], gids: [4])
        #expect(try matches(both, Self.known, .permit))
        both.gids = [5]
        #expect(try !matches(both, Self.known, .permit))
    }

    /// The known caller, of whom one fact is not known.
    private func without(_ kind: SelectorKind) -> Identity? {
        var identity = Self.known
        switch kind {
        case .label: identity.label = .unknown("why")
        case .cgroup: identity.cgroup = .unknown("why")
        case .unit: identity.unit = .unknown("why")
        case .loginuid: identity.loginuid = .unknown("why")
        case .namespace: identity.namespace = .unknown("why")
        case .exe: identity.exe = .unknown("why")
        case .sha256: identity.exeSHA256 = .unknown("why")
        case .container: identity.saidContainer = .unknown("why")
        case .pod: identity.saidPod = .unknown("why")
        case .user, .uid: (identity.uid, identity.idMapIsIdentity) = (65534, false)
        case .group, .gid: (identity.gid, identity.groups, identity.idMapIsIdentity) = (65534, [65534], false)
        }
        return identity
    }

    @Test("Unknown is safe both ways: a permit does not match, a forbid does")
    func unknown() throws {
        for (kind, matching, other) in try Self.selectors() {
            guard let identity = without(kind) else { continue }
            for to in [matching, other] {
                #expect(try !matches(to, identity, .permit), "\(kind)")
                #expect(try matches(to, identity, .forbid), "\(kind)")
            }
            let decision = Fixture.decide([try Fixture.rule("r", to: matching)], try Fixture.request(identity))
            #expect(decision.failed.map(\.got) == [nil], "\(kind)")
        }
    }

    @Test("'No label', 'no unit', 'no login' are known values, not unknown")
    func noneIsKnown() throws {
        var identity = Self.known
        identity.label = .known(nil)
        identity.cgroup = .known(nil)
        identity.unit = .known(nil)
        identity.loginuid = .known(nil)
        for (kind, matching, _) in try Self.selectors() where [.label, .cgroup, .unit, .loginuid].contains(kind) {
            #expect(try !matches(matching, identity, .permit), "\(kind)")
            #expect(try !matches(matching, identity, .forbid), "\(kind)")
            let decision = Fixture.decide([try Fixture.rule("r", to: matching)], try Fixture.request(identity))
            #expect(decision.failed.map(\.got) == ["none"], "\(kind)")
        }
    }

    @Test("A weak pin matches only connect-time selectors")
    func weakPin() throws {
        var identity = Self.known
        identity.pin = .weak
        for (kind, matching, other) in try Self.selectors() {
            #expect(try matches(matching, identity, .permit) == kind.isFixedAtConnect, "\(kind)")
            #expect(try matches(other, identity, .forbid) == !kind.isFixedAtConnect, "\(kind)")
        }
    }

    @Test("Overflow ids match nothing where the id map is not the identity, and are a user where it is")
    func overflow() throws {
        var identity = Self.known
        identity.uid = 65534
        identity.groups = [65534]
        let to = [SelectorSet(uids: [65534]), SelectorSet(gids: [65534])]
        for to in to { #expect(try matches(to, identity, .permit)) }
        identity.idMapIsIdentity = false
        for to in to { #expect(try !matches(to, identity, .permit)) }
        // A group that can be told apart still counts.
        #expect(try matches(SelectorSet(gids: [100]), identity, .permit))
        // And nobody can hide from a forbid behind an id that is not known.
        #expect(try matches(SelectorSet(uids: [7]), identity, .forbid))
        #expect(try matches(SelectorSet(gids: [7]), identity, .forbid))
        identity.loginuid = .known(nil)
        #expect(try matches(SelectorSet(loginuids: [NamedID(id: 7)]), identity, .forbid))
    }

    @Test("A permit by a unit alone takes only units of the system manager; a forbid takes all")
    func systemUnit() throws {
        var identity = Self.known
        identity.unitIsOfSystemManager = false
        let unit = SelectorSet(units: try Fixture.patterns("a.service"))
        #expect(try !matches(unit, identity, .permit))
        #expect(try matches(unit, identity, .forbid))
        let decision = Fixture.decide([try Fixture.rule("r", to: unit)], try Fixture.request(identity))
        #expect(decision.failed.map(\.got) == ["a.service, not made by the system manager"])
        #expect(try matches(SelectorSet(uids: [1000], units: unit.units), identity, .permit))
        #expect(
            try !matches(SelectorSet(units: unit.units, exes: try Fixture.patterns("/usr/bin/a")), identity, .permit))
    }

    @Test("The policy tells which facts must be read")
    func selectorsUsed() throws {
        let rules = [
            try Fixture.rule("a", to: SelectorSet(uids: [1])),
            try Fixture.rule("b", .forbid, to: SelectorSet(exes: try Fixture.patterns("/x"))),
            try Fixture.rule("c", to: SelectorSet(units: try Fixture.patterns("x.service"))),
        ]
        #expect(Fixture.policy(rules).selectorsUsed.kinds == [.uid, .unit, .exe])
        #expect(Fixture.policy(rules, suspended: ["b"]).selectorsUsed.kinds == [.uid, .unit])
    }
}
