// SPDX-License-Identifier: Apache-2.0

import Glibc
import TerminalKit
import Testing
import VaultModel

@testable import vault

@Suite("What grant and add make of their arguments")
struct DocumentTests {
    @Test("the arguments of grant say whom a rule is about, names as they were written")
    func buildsSelectors() throws {
        let set = try SelectorSet([
            SelectorArgument("user:alice,bob"), SelectorArgument("uid:7"), SelectorArgument("unit:a.service"),
            SelectorArgument(#"exe:/bin/"x"\"#),
        ])
        #expect(set.values(of: .user) == ["alice", "bob"])
        #expect(set.uids == [7])
        #expect(set.values(of: .unit) == ["a.service"])
        #expect(set.values(of: .exe) == [#"/bin/"x"\"#])
        #expect(try SelectorSet([SelectorArgument("anyone")]) == .anyone)
        #expect(throws: InvalidText.self) { try SelectorSet([SelectorArgument("label:a\u{7}")]) }
    }

    @Test("rights and actions are the words that this version acts on")
    func readsWords() {
        #expect(Rights(argument: "write,read") == [.read, .write])
        #expect(Rights(argument: "read,") == nil)
        #expect(Rights(argument: "all") == nil)
        #expect(Action(argument: "audit") == .audit)
        #expect(Action(argument: "deposit") == .deposit && Action(argument: "shout") == nil)
    }

    @Test("selectors")
    func readsSelectors() throws {
        #expect(try SelectorArgument("me") == SelectorArgument("uid:\(geteuid())"))
        #expect(try SelectorArgument("anyone").kind == nil)
        #expect(try SelectorArgument("group:adm,staff").values == ["adm", "staff"])
        #expect(try SelectorArgument("label:s0:c1,c2").values == ["s0:c1,c2"])
        #expect(try SelectorArgument("exe:/a:b,c").values == ["/a:b,c"])
    }

    @Test(
        "who is nobody is refused",
        arguments: ["", "alice", "user", "user:", "user:a,", "uid:alice", "uid:-1", "uid:4294967296", "name:x", "Me"])
    func refusesSelectors(text: String) {
        #expect(throws: (any Error).self) { try SelectorArgument(text) }
    }

    @Test("one selector twice would mean either, and is refused; anyone stands alone")
    func refusesCombinations() throws {
        let alice = try SelectorArgument("user:alice")
        #expect(throws: (any Error).self) { try [alice, SelectorArgument("user:bob")].check() }
        #expect(throws: (any Error).self) { try [alice, SelectorArgument("anyone")].check() }
        try [alice, SelectorArgument("group:adm")].check()
    }

    @Test(
        "capabilities",
        arguments: [
            (
                CapabilityDocument(
                    name: "a/b", kind: .file, value: "x/y", rights: ["read"], create: "0640", noFollow: true),
                #"{"name":"a/b","file":{"path":"/home/x/y","rights":["read"],"create":"0640","nofollow":"yes"}}"#
            ),
            (
                CapabilityDocument(name: "a", kind: .file, value: "./y", delivery: "shared", opening: "each-grant"),
                #"{"name":"a","file":{"path":"/home/y"},"delivery":"shared","open":"each-grant"}"#
            ),
            (
                CapabilityDocument(name: "a", kind: .memory, value: "/s", othersMayWrite: true),
                #"{"name":"a","memory":{"file":"/s","writable-by-others":"yes"}}"#
            ),
            (CapabilityDocument(name: "a", kind: .fifo, value: "/f"), #"{"name":"a","fifo":{"path":"/f"}}"#),
            (
                CapabilityDocument(name: "a", kind: .directory, value: "x", othersMayWrite: true),
                #"{"name":"a","directory":{"path":"/home/x","writable-by-others":"yes"}}"#
            ),
            (
                CapabilityDocument(name: "a", kind: .device, value: "/dev/x", rights: ["read", "write"]),
                #"{"name":"a","device":{"path":"/dev/x","rights":["read","write"]}}"#
            ),
            (CapabilityDocument(name: "a", kind: .pipe), #"{"name":"a","pipe":{}}"#),
            (
                CapabilityDocument(name: "a", kind: .memory, value: "credential:db"),
                #"{"name":"a","memory":{"credential":"db"}}"#
            ),
            (CapabilityDocument(name: "a", kind: .memory, value: "/s"), #"{"name":"a","memory":{"file":"/s"}}"#),
            // A combining mark makes another character of the separator, and the same bytes.
            (
                CapabilityDocument(name: "a", kind: .memory, value: "/\u{301}s"),
                "{\"name\":\"a\",\"memory\":{\"file\":\"/\u{301}s\"}}"
            ),
            (
                CapabilityDocument(name: "a", kind: .listener, value: "unix:\u{301}s"),
                "{\"name\":\"a\",\"listen\":{\"unix\":\"/home/\u{301}s\"}}"
            ),
            (
                CapabilityDocument(name: "a", kind: .listener, value: "tcp:[::1]:80", backlog: 5),
                #"{"name":"a","listen":{"tcp":"[::1]:80","backlog":5}}"#
            ),
            (
                CapabilityDocument(
                    name: "a", kind: .listener, value: "unix:s", type: "stream", mode: "0660", owner: "web"),
                #"{"name":"a","listen":{"unix":"/home/s","type":"stream","mode":"0660","as":"web"}}"#
            ),
            (
                CapabilityDocument(name: "a", kind: .listener, value: "unix:@s", owner: "web", group: "adm"),
                #"{"name":"a","listen":{"unix":"@s","as":"web","group":"adm"}}"#
            ),
            (
                CapabilityDocument(
                    name: "a", kind: .listener, value: "udp:[::]:53", v6Only: "no", reusePort: true, freebind: true,
                    receiveBuffer: "64KiB", sendBuffer: "4096"),
                #"{"name":"a","listen":{"udp":"[::]:53","v6only":"no","reuse-port":"yes","freebind":"yes","#
                    + #""receive-buffer":"64KiB","send-buffer":"4096"}}"#
            ),
            (
                CapabilityDocument(name: "a", kind: .connection, value: "tcp:[::1]:80", delivery: "shared"),
                #"{"name":"a","connect":{"tcp":"[::1]:80"},"delivery":"shared"}"#
            ),
            (
                CapabilityDocument(name: "a", kind: .connection, value: "unix:s", type: "stream", owner: "web"),
                #"{"name":"a","connect":{"unix":"/home/s","type":"stream","as":"web"}}"#
            ),
            (
                CapabilityDocument(name: "a", kind: .helper, value: "/p", run: ["/bin/h", "-x"]),
                #"{"name":"a","helper":{"run":["/bin/h","-x"],"path":"/p"}}"#
            ),
        ])
    func buildsCapabilities(capability: CapabilityDocument, text: String) throws {
        #expect(try capability.text(in: "/home") == text)
    }

    @Test(
        "what belongs to another kind, or is missing, is refused",
        arguments: [
            CapabilityDocument(name: "a", kind: .file), CapabilityDocument(name: "a", kind: .pipe, value: "x"),
            CapabilityDocument(name: "a", kind: .file, value: "/x", type: "stream"),
            CapabilityDocument(name: "a", kind: .listener, value: "tcp:h:1", mode: "0600"),
            CapabilityDocument(name: "a", kind: .listener, value: "tcp:h:1", group: "adm"),
            CapabilityDocument(name: "a", kind: .listener, value: "unix:/s", reusePort: true),
            CapabilityDocument(name: "a", kind: .file, value: "/s", sendBuffer: "4096"),
            CapabilityDocument(name: "a", kind: .connection, value: "udp:h:1"),
            CapabilityDocument(name: "a", kind: .connection, value: "tcp:h:1", backlog: 1),
            CapabilityDocument(name: "a", kind: .connection, value: "tcp:h:1", owner: "web"),
            CapabilityDocument(name: "a", kind: .listener, value: "h:1"),
            CapabilityDocument(name: "a", kind: .listener, value: "tcp:"),
            CapabilityDocument(name: "a", kind: .helper, value: "/x"),
            CapabilityDocument(name: "a", kind: .helper, value: "/x", run: ["h"]),
            CapabilityDocument(name: "a", kind: .memory, value: "/x", rights: ["read"]),
            CapabilityDocument(name: "a", kind: .directory, value: "/x", rights: ["read"]),
            CapabilityDocument(name: "a", kind: .directory), CapabilityDocument(name: "a", kind: .device),
            CapabilityDocument(name: "a", kind: .device, value: "/x", create: "0600"),
        ])
    func refusesCapabilities(capability: CapabilityDocument) {
        let failure = #expect(throws: Failure.self) { try capability.text(in: "/") }
        #expect(failure?.status == .usage)
    }
}
