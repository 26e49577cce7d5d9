// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import VaultModel

@Suite("Documents of rules and capabilities")
struct DocumentTests {
    @Test("A rule with everything has every key in a fixed order")
    func rule() throws {
        let rule = Rule(
            id: "r", effect: .permit, actions: ActionSet([.open, .list]),
            capabilities: [try NamePattern("a/*"), try NamePattern("b")],
            to: SelectorSet(
                users: [NamedID(name: "alice", id: 1000)], uids: [1000], groups: [NamedID(name: "adm", id: 4)],
                gids: [4], labels: [try TextPattern("l")], cgroups: [try TextPattern("/c")],
                units: [try TextPattern("u.service")], loginuids: [NamedID(id: 1000)], namespaces: ["host"],
                exes: [try TextPattern("/bin/\"x\"")], sha256s: ["00"]),
            rights: [.read, .write],
            conditions: Conditions(
                notBeforeUSec: 0, notAfterUSec: 1_000_000, hours: [Hours(start: 0, end: 1440, zone: .utc)],
                leaseUSec: 60_000_000, maxLeaseUSec: 120_000_000, uses: Limit(inAll: 3),
                outstanding: Limit(inAll: 2, perPrincipal: 1),
                rate: Limit(perPrincipal: [RateWindow(count: 1, windowUSec: 1_000_000)]), needsReason: true),
            origin: .granted)
        #expect(
            rule.document == #"{"id":"r","permit":["open","list"],"capability":["a/*","b"],"#
                + #""to":{"user":["alice"],"uid":["1000"],"group":["adm"],"gid":["4"],"label":["l"],"cgroup":["/c"],"#
                + #""unit":["u.service"],"loginuid":["1000"],"namespace":["host"],"exe":["/bin/\"x\""],"sha256":["00"]},"#
                + #""rights":["read","write"],"not-before":"1970-01-01T00:00:00Z","not-after":"1970-01-01T00:00:01Z","#
                + #""hours":["00:00-24:00 UTC"],"lease":"1m","max-lease":"2m","uses":3,"#
                + #""outstanding":{"in-all":2,"per-principal":1},"rate":{"per-principal":["1/s"]},"#
                + #""reason":"required"}"#)
        #expect(throws: Never.self) { try JSONValue(parsing: Array(rule.document.utf8)) }
    }

    @Test("A forbid for anyone, and a rule about the broker, leave out what they do not have")
    func smallRules() throws {
        let forbid = Rule(
            id: "f", effect: .forbid, actions: ActionSet([.open]), capabilities: [try NamePattern("**")], to: .anyone,
            origin: .granted)
        #expect(forbid.document == #"{"id":"f","forbid":["open"],"capability":["**"],"to":"anyone"}"#)
        #expect(
            Rule.bootstrap(owner: NamedID(name: "root", id: 0)).map(\.document) == [
                #"{"id":"owner-uses-everything","permit":["open","deposit","remove","list","watch","renew"],"#
                    + #""capability":["**"],"to":{"user":["root"]}}"#,
                #"{"id":"owner-administers","permit":["audit","admin"],"to":{"user":["root"]}}"#,
            ])
        #expect(Rule.bootstrap(owner: NamedID(id: 7)).allSatisfy { $0.to.uids == [7] })
    }

    private static var options: ListenOptions {
        var options = ListenOptions()
        options.acceptsIPv4 = true
        options.sharesPort = true
        options.bindsFreely = true
        options.receiveBuffer = 65536
        options.sendBuffer = 4096
        return options
    }

    @Test("Every kind of capability has a document")
    func capabilities() throws {
        let name = try CapabilityName("a")
        let documents: [(Capability, String)] = [
            (
                Capability(
                    name: name, source: .file(path: "/p", create: 0o640, noFollow: true), rights: [.read, .append]),
                #""file":{"path":"/p","rights":["read","append"],"create":"0640","nofollow":"yes"},"delivery":"fresh""#
            ),
            (
                Capability(name: name, source: .fifo(path: "/p", create: nil)),
                #""fifo":{"path":"/p","rights":["read","write"]},"delivery":"shared""#
            ),
            (
                Capability(name: name, source: .fifo(path: SourcePath("/p", othersMayWrite: true), create: nil)),
                #""fifo":{"path":"/p","rights":["read","write"],"writable-by-others":"yes"},"delivery":"shared""#
            ),
            (
                Capability(name: name, source: .directory(path: "/d")),
                #""directory":{"path":"/d"},"delivery":"fresh""#
            ),
            (
                Capability(name: name, source: .device(path: "/v"), rights: [.read, .write], delivery: .shared),
                #""device":{"path":"/v","rights":["read","write"]},"delivery":"shared""#
            ),
            (Capability(name: name, source: .pipe), #""pipe":{"rights":["read","write"]},"delivery":"shared""#),
            (
                Capability(name: name, source: .listener(.tcp(host: "::1", port: 80, backlog: 5))),
                #""listen":{"tcp":"[::1]:80","backlog":5},"delivery":"shared""#
            ),
            (
                Capability(name: name, source: .listener(.udp(host: "*", port: 53))),
                #""listen":{"udp":"*:53"},"delivery":"shared""#
            ),
            (
                Capability(
                    name: name,
                    source: .listener(
                        .unix(
                            UnixListenAddress(
                                path: "/s", type: .seqpacket, mode: 0o7, owner: NamedID(name: "alice", id: 1),
                                backlog: 9)))),
                #""listen":{"unix":"/s","type":"seqpacket","mode":"0007","as":"alice","backlog":9},"delivery":"shared""#
            ),
            (
                Capability(
                    name: name,
                    source: .listener(
                        .unix(
                            UnixListenAddress(
                                path: "@s", type: .datagram, mode: 0o600, owner: NamedID(id: 1),
                                group: NamedID(name: "adm", id: 4), backlog: 9)))),
                #""listen":{"unix":"@s","type":"datagram","as":"1","group":"adm"},"delivery":"shared""#
            ),
            (
                Capability(
                    name: name, source: .listener(.tcp(host: "::", port: 80, backlog: 5, options: Self.options))),
                #""listen":{"tcp":"[::]:80","backlog":5,"v6only":"no","reuse-port":"yes","freebind":"yes","#
                    + #""receive-buffer":65536,"send-buffer":4096},"delivery":"shared""#
            ),
            (
                Capability(name: name, source: .connection(.tcp(host: "::1", port: 80))),
                #""connect":{"tcp":"[::1]:80"},"delivery":"shared""#
            ),
            (
                Capability(
                    name: name,
                    source: .connection(.unix(path: "/s", type: .stream, user: NamedID(name: "alice", id: 1)))),
                #""connect":{"unix":"/s","type":"stream","as":"alice"},"delivery":"shared""#
            ),
            (
                Capability(name: name, source: .memory(.credential("key"))),
                #""memory":{"credential":"key"},"delivery":"fresh""#
            ),
            (
                Capability(name: name, source: .memory(.file("/k")), opening: .eachGrant),
                #""memory":{"file":"/k"},"delivery":"fresh""#
            ),
            (
                Capability(name: name, source: .helper(run: ["/h", "-x"], path: "p")),
                #""helper":{"run":["/h","-x"],"path":"p","rights":["read"]},"delivery":"shared""#
            ),
        ]
        for (capability, middle) in documents {
            #expect(
                capability.document == #"{"name":"a",\#(middle),"open":"\#(capability.opening.rawValue)"}"#)
        }
        #expect(Set(documents.map(\.0.kind)).count == 9)
    }
}
