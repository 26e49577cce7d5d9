// SPDX-License-Identifier: Apache-2.0

import JSONText
import SystemPackage
import Testing
import Varlink
import VaultTestKit

/// One user's grants while another does its worst with one method, on 64 connections, with no right or with just the one that
/// the method needs. Everything is compared with what the same user got just before, on the same machine.
@Suite(
    .serialized,
    .enabled(if: Programs.python != nil && Command.canChangeUser, "needs python3, and root to change users"))
struct FairnessTests {
    private static let owner: UInt32 = 4711
    private static let nobody: UInt32 = 4712
    private static let lister: UInt32 = 4713
    private static let auditor: UInt32 = 4714
    private static let admin: UInt32 = 4715
    private static let opener: UInt32 = 4716
    private static let depositor: UInt32 = 4717

    /// So many times as long another's grants may take.
    private static let slowdown = 10.0
    /// Below this a time tells nothing about the broker, in milliseconds.
    private static let floor = 4.0
    private static let mostMemory = 64 << 20

    private struct Attack: Sendable {
        let name: String
        let uid: UInt32
        let calls: [String]
        let reads: Bool
        /// It is a datagram to the store, with so many descriptors.
        var stores: Int?
        /// What is sent as it is to another socket, in the place of calls.
        private var message: [UInt8]?
        private var socket = "s6.sock"

        /// - Parameter descriptors: how many the message says that it brings; none comes.
        init(s6 name: String, _ uid: UInt32, _ content: [UInt8], descriptors: UInt8 = 0, reads: Bool = true) {
            self.init("s6: \(name) by \(uid)", uid, [], reads: reads)
            message = [0, 0, 0, UInt8(content.count), 0, descriptors] + content
        }

        /// Nobody's address, so that it gets zeros.
        init(credential name: String, _ uid: UInt32, reads: Bool) {
            self.init("credential: \(name) by \(uid)", uid, [], reads: reads)
            message = Array(repeating: 0, count: 64)
            socket = "credentials.sock"
        }

        init(_ method: String, _ uid: UInt32, _ parameters: String = "{}", more: Bool = false) {
            self.init(
                "\(method) by \(uid)", uid, [Self.call(method, parameters, more ? #","more":true"# : "")], reads: true)
        }

        init(_ name: String, _ uid: UInt32, _ calls: [String], reads: Bool) {
            self.name = name
            self.uid = uid
            self.calls = calls
            self.reads = reads
        }

        init(_ name: String, _ uid: UInt32, datagram: String, _ stores: Int) {
            self.init("\(name) by \(uid)", uid, [datagram], reads: true)
            self.stores = stores
        }

        /// What the name of a method begins with: systemd has given one of the interfaces its name.
        static func interface(_ name: String) -> String { name.hasPrefix("Metrics") ? "io.systemd" : "io.vaultd" }

        static func call(_ method: String, _ parameters: String = "{}", _ flags: String = "") -> String {
            #"{"method":"\#(interface(method)).\#(method)","parameters":\#(parameters)\#(flags)}"#
        }

        var line: String {
            if let message {
                let object: JSONObject = [
                    "name": .string(name), "uid": .integer(Int64(uid)), "socket": .string(socket),
                    "reads": .bool(reads),
                    "hex": .string(message.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()),
                ]
                return String(decoding: object.jsonBytes(), as: UTF8.self)
            }
            let call = calls.joined(separator: "\0")
            let object: JSONObject = [
                "name": .string(name), "uid": .integer(Int64(uid)), "call": .string(call), "reads": .bool(reads),
                "stores": stores.map { .integer(Int64($0)) } ?? .null,
            ]
            return String(decoding: object.jsonBytes(), as: UTF8.self)
        }
    }

    /// One name many times in a call.
    private static func many(_ name: String) -> String {
        #"{"requests":[\#(Array(repeating: #"{"name":"\#(name)"}"#, count: 253).joined(separator: ","))]}"#
    }

    /// Each method, by whom it hurts most.
    private static let methods: [Attack] = [
        Attack("Broker.Open", nobody, many("files/own")), Attack("Broker.Open", opener, many("files/each")),
        Attack("Broker.Open", opener, #"{"requests":[{"name":"files/held"}]}"#),
        Attack("Broker.List", nobody), Attack("Broker.List", lister),
        Attack("Broker.Describe", nobody, #"{"name":"files/own"}"#),
        Attack("Broker.Describe", lister, #"{"name":"files/own"}"#),
        Attack("Broker.Remove", nobody, #"{"name":"files/own"}"#), Attack("Broker.WhoAmI", nobody),
        Attack("Broker.CanI", nobody, #"{"action":"open","name":"files/own"}"#),
        Attack("Broker.Deposit", nobody, #"{"name":"files/own","fileDescriptor":0}"#),
        Attack("Broker.Watch", nobody), Attack("Broker.Confirm", nobody, #"{"lease":"none"}"#),
        Attack("Broker.Received", nobody, "{\"records\":\(Array(repeating: 1, count: 1280))}"),
        Attack("Broker.Renew", nobody, #"{"lease":"none"}"#), Attack("Broker.Release", nobody, #"{"lease":"none"}"#),
        Attack("Broker.RenewCapability", nobody, #"{"name":"files/own"}"#),
        Attack("Broker.RenewCapability", admin, #"{"name":"files/held"}"#),
        Attack("Admin.Grant", nobody, #"{"document":"{}"}"#),
        Attack("Admin.Grant", admin, #"{"document":"{permit: [open], capability: a/b, to: {uid: 5}}","dryRun":true}"#),
        Attack("Admin.Revoke", admin, #"{"rule":"none"}"#), Attack("Admin.Resume", admin, #"{"rule":"none"}"#),
        Attack("Admin.Rules", admin), Attack("Admin.Revisions", admin),
        Attack("Admin.Compare", admin, #"{"from":1,"to":1}"#),
        Attack("Admin.Declaration", admin, #"{"name":"files/own"}"#),
        Attack("Admin.ApplyPolicy", admin, #"{"files":[],"dryRun":true}"#),
        Attack("Admin.AddCapability", admin, #"{"document":"{}"}"#),
        Attack("Admin.RemoveCapability", admin, #"{"name":"no/such"}"#), Attack("Admin.Leases", admin),
        Attack("Admin.AcceptClock", admin), Attack("Admin.Status", admin), Attack("Admin.Reload", admin),
        Attack("Admin.Explain", admin, #"{"subject":{"uid":4711},"name":"files/own"}"#),
        Attack("Admin.Replay", admin, #"{"files":[]}"#, more: true),
        Attack("Admin.WhoCan", admin, #"{"name":"files/own"}"#),
        Attack("Admin.WhatCan", admin, #"{"subject":{"uid":4711}}"#),
        Attack("Admin.Credentials", admin, #"{"unit":"web.service"}"#),
        Attack("Audit.Query", nobody), Attack("Audit.Query", auditor),
        Attack("Audit.Query", auditor, #"{"follow":true}"#, more: true),
        Attack("Audit.Show", auditor, #"{"record":3}"#), Attack("Audit.Summarize", auditor, #"{"by":"user"}"#),
        Attack("Audit.Prove", auditor, #"{"record":3}"#), Attack("Audit.Checkpoint", auditor),
        Attack("Audit.Export", auditor, more: true), Attack("Audit.Prune", auditor, #"{"before":1}"#),
        Attack("Audit.AddCosignature", auditor, #"{"note":"none"}"#),
        Attack("Metrics.List", nobody, more: true), Attack("Metrics.List", auditor, more: true),
        Attack("Metrics.Describe", nobody, more: true),
    ]

    /// What takes more than one method, or a client that does not read.
    private static let others: [Attack] = [
        Attack(
            "oneway calls", lister,
            ["Broker.Describe", "Broker.List", "Broker.WhoAmI"].map {
                Attack.call($0, #"{"name":"files/own"}"#, #","oneway":true"#)
            }, reads: true),
        Attack("what lists everything, unread", lister, [Attack.call("Broker.List")], reads: false),
        Attack("the log, unread", auditor, [Attack.call("Audit.Export", "{}", #","more":true"#)], reads: false),
        Attack(
            "behind one who follows, unread", auditor,
            [
                Attack.call("Audit.Query", #"{"follow":true}"#, #","more":true"#),
                Attack.call("Audit.Query"), Attack.call("Audit.Export", "{}", #","more":true"#),
            ], reads: false),
        Attack("grants, unread", opener, [Attack.call("Broker.Open", many("files/each"))], reads: false),
        Attack("what is no message", nobody, [#"{"method":"#], reads: true),
    ]

    /// At the socket for clients of s6, whose identifiers are the names beneath `files`.
    private static let ofS6: [Attack] = [
        Attack(s6: "retrieve", opener, Array("R\u{0}\u{4}each\u{0}".utf8)),
        Attack(s6: "retrieve, unread", opener, Array("R\u{0}\u{4}held\u{0}".utf8), reads: false),
        Attack(s6: "retrieve", nobody, Array("R\u{1}\u{4}held\u{0}".utf8)),
        Attack(s6: "list", lister, Array("L".utf8)), Attack(s6: "list", nobody, Array("L".utf8)),
        Attack(s6: "getdump", opener, Array("?".utf8)),
        Attack(s6: "delete", nobody, Array("D\u{4}held\u{0}".utf8)),
        Attack(
            s6: "store", nobody, Array("S".utf8) + [0x60] + Array(repeating: 0, count: 11) + [1, 97, 0], descriptors: 1),
        Attack(s6: "a dump that does not come", nobody, Array("!".utf8) + [0, 0, 0, 100]),
        Attack(s6: "what is no message", nobody, Array("X".utf8)),
    ]

    /// At the socket for credentials, where it lets everybody connect.
    private static let ofCredentials: [Attack] = [
        Attack(credential: "read", nobody, reads: true), Attack(credential: "unread", nobody, reads: false),
    ]

    private static var credentialOptions: Daemon.Options {
        var options = options
        options.configuration = "credentials-socket: { path: \"@DIRECTORY@/run/credentials.sock\", mode: \"0666\" }\n"
        return options
    }

    /// What comes over the socket of the store protocol, from who may deposit and from who may not.
    private static let datagrams: [Attack] = [
        Attack("what is no word of the store", nobody, datagram: "STATUS=\(String(repeating: "x", count: 4_000))", 0),
        Attack("what is no word of the store, with descriptors", nobody, datagram: "STATUS=x", 253),
        Attack("what may not be stored", nobody, datagram: "FDSTORE=1\nFDNAME=x", 1),
        Attack("much that may not be stored", nobody, datagram: "FDSTORE=1\nFDNAME=x", 253),
        Attack("what is stored", depositor, datagram: "FDSTORE=1\nFDNAME=x", 1),
        Attack("what is stored too often", depositor, datagram: "FDSTORE=1\nFDNAME=x", 253),
        Attack("what is removed", depositor, datagram: "FDSTOREREMOVE=1\nFDNAME=x", 0),
        Attack("barriers", nobody, datagram: "BARRIER=1", 253),
    ]

    private static var storeOptions: Daemon.Options {
        var options = options
        options.policies = options.policies.mapValues {
            $0 + "  - { id: store, permit: [deposit, remove], capability: \"stored/**\", to: { uid: \(depositor) } }\n"
        }
        options.configuration = #"notify-socket: { path: @DIRECTORY@/run/notify.sock, prefix: stored }"#
        return options
    }

    private static var options: Daemon.Options {
        let listed = (0..<200).map {
            #"  - { name: many/n\#($0), open: on-first-use, file: { path: "@DIRECTORY@/own.txt", rights: [read] } }"#
        }
        let policy = """
            vault: 1
            capabilities:
              - { name: files/own, file: { path: "@DIRECTORY@/own.txt", rights: [read] } }
              - { name: files/held, file: { path: "@DIRECTORY@/own.txt", rights: [read] } }
              - { name: files/each, open: each-grant, file: { path: "@DIRECTORY@/own.txt", rights: [read] } }
            \(listed.joined(separator: "\n"))
            rules:
              - { id: own, permit: [open], capability: files/own, to: { uid: \(owner) } }
              - { id: each, permit: [open], capability: [files/each, files/held], to: { uid: \(opener) } }
              - { id: list, permit: [list], capability: "**", to: { uid: \(lister) } }
              - { id: audit, permit: [audit], to: { uid: \(auditor) } }
              - { id: admin, permit: [admin], to: { uid: \(admin) } }

            """
        var options = Daemon.Options()
        options.policies = ["fairness.yaml": policy]
        options.files = ["own.txt": "own\n"]
        options.configuration = "s6-socket: { path: \"@DIRECTORY@/run/s6.sock\", prefix: files }\n"
        return options
    }

    /// What is not as it should be.
    private static func faults(
        _ attacks: [Attack], _ daemon: Daemon
    ) async throws -> [(name: String, problem: String)] {
        let python = try #require(Programs.python)
        let script = Programs.checkout.appending("Tests/SystemTests/Scripts/fairness.py").string
        let pid = try daemon.pid
        var command = Command(
            python,
            arguments: [
                script, daemon.socket.string, "\(pid)", "64", Soak.isOn ? "1" : "0.08",
                Soak.isOn ? "10" : "0.2",
            ])
        command.input = Array(attacks.map { $0.line + "\n" }.joined().utf8)
        command.timeLimit = .seconds(Soak.count(240, full: 3_600))
        let result = try await command.run()
        try #require(result.status == .exited(0), "\(result.errorText)\(result.text)")
        let lines = try result.text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        try #require(lines.count == attacks.count)
        return lines.compactMap { line in
            let (own, under) = (line["own"]?.double ?? 0, line["under"]?.double ?? .infinity)
            let grown = line["grown"]?.integer ?? .max
            guard under > slowdown * max(own, floor) || grown > mostMemory else { return nil }
            return (line["name"]?.string ?? "", "\(line)")
        }
    }

    /// The machine may have been at something else: what failed is tried again, twice at most.
    private func attack(_ attacks: [Attack], _ options: Daemon.Options = Self.options) async throws {
        let daemon = try await Daemon.start(options)
        var left = attacks
        for attempt in 0..<3 where !left.isEmpty {
            let faults = try await Self.faults(left, daemon)
            left = left.filter { attack in faults.contains { $0.name == attack.name } }
            if attempt == 2 { for fault in faults { Issue.record("\(fault.name): \(fault.problem)") } }
        }
    }

    @Test("Whatever one user asks for, another's grants take less than ten times as long, and memory stays what it is")
    func methods() async throws { try await attack(Self.methods) }

    @Test("The same for what nobody reads, for oneway calls, and behind what goes on and on")
    func others() async throws { try await attack(Self.others) }

    @Test("The same for each request of s6's protocol, from one who may and one who may not")
    func s6() async throws { try await attack(Self.ofS6) }

    @Test("The same for credentials, of which each refusal is a megabyte")
    func credentials() async throws { try await attack(Self.ofCredentials, Self.credentialOptions) }

    @Test("The same for what comes to the store, which has no connection")
    func datagrams() async throws { try await attack(Self.datagrams, Self.storeOptions) }

    @Test("Each method of the interfaces is tried")
    func complete() throws {
        var all: Set<String> = []
        for name in ["Broker", "Admin", "Audit", "Metrics"] {
            let file = "\(Attack.interface(name)).\(name).varlink"
            let path = Programs.checkout.appending("Sources/VaultInterface/Interfaces").appending(file)
            let interface = try InterfaceDescription(parsing: try WholeFile.text(path))
            all.formUnion(interface.methods.map { "\(name).\($0.name)" })
        }
        let tried = Set(Self.methods.compactMap { $0.name.split(separator: " ").first.map(String.init) })
        #expect(tried == all)
    }
}
