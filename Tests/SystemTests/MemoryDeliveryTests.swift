// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// What a `memory` is to whom, by `delivery`, `open` and the rights that are asked for: the table of the policy language.
@Suite struct MemoryDeliveryTests {
    struct Way: Sendable, CustomTestStringConvertible {
        let delivery: String
        let opening: String
        /// One description for all, with one offset, which everybody may open again.
        let isOneForAll: Bool
        /// Whether a grant has what the file holds then.
        let isAsOfTheGrant: Bool

        var name: String { "memory/\(delivery)-\(opening)" }
        var testDescription: String { "delivery: \(delivery), open: \(opening)" }
    }

    private static let ways = [
        Way(delivery: "fresh", opening: "at-start", isOneForAll: false, isAsOfTheGrant: false),
        Way(delivery: "fresh", opening: "on-first-use", isOneForAll: false, isAsOfTheGrant: false),
        Way(delivery: "fresh", opening: "each-grant", isOneForAll: false, isAsOfTheGrant: true),
        Way(delivery: "shared", opening: "at-start", isOneForAll: true, isAsOfTheGrant: false),
        Way(delivery: "shared", opening: "on-first-use", isOneForAll: true, isAsOfTheGrant: false),
    ]

    private static func capability(_ delivery: String, _ opening: String) -> String {
        "  - { name: memory/\(delivery)-\(opening), memory: { file: \"@DIRECTORY@/secret.txt\" }, "
            + "delivery: \(delivery), open: \(opening)\(opening == "each-grant" ? "" : ", renew: asked") }\n"
    }

    private func daemon() async throws -> Daemon {
        var options = StandardVault.options
        options.policies = [
            "memory.yaml": "vault: 1\ncapabilities:\n"
                + Self.ways.map { Self.capability($0.delivery, $0.opening) }.joined()
                + "rules: [{ id: all, permit: [open], capability: memory/*, to: { uid: \(geteuid()) } }]\n"
        ]
        return try await Daemon.start(options)
    }

    private func open(
        _ way: Way, _ connection: RawConnection, rights: String?
    ) throws -> (reply: RawConnection.Reply, memory: HeldDescriptor?) {
        let request = #"{"name":"\#(way.name)"\#(rights.map { #","rights":[\#($0)]"# } ?? "")}"#
        let call = #"{"method":"io.vaultd.Broker.Open","parameters":{"requests":[\#(request)]}}"#
        let reply = try #require(try connection.call(call))
        return (reply, reply.descriptors.first)
    }

    private func offset(of descriptor: HeldDescriptor) -> Int {
        descriptor.withUnsafeNumber { lseek($0, 0, SEEK_CUR) }
    }

    @Test("Each way of delivery with each time of opening and each right", arguments: ways)
    func table(way: Way) async throws {
        let daemon = try await daemon()
        try await onThread {
            let connection = try RawConnection(to: daemon.socket)
            for rights in [nil, #""read""#] {
                let (reply, memory) = try open(way, connection, rights: rights)
                let grant = reply.parameters["grants"]?[0]
                #expect(grant?["kind"]?.string == "memory" && grant?["rights"] == ["read"], "\(reply.value)")
                #expect(grant?["delivery"]?.string == way.delivery, "what is declared is what is delivered")
                let first = try #require(memory)
                let second = try #require(try open(way, connection, rights: rights).memory)
                let status = try FileStatus(of: first)
                // One for all is the broker's, whoever that is.
                #expect(status.permissions == (way.isOneForAll ? 0o444 : 0o400))
                #expect(way.isOneForAll || status.uid == geteuid())
                #expect((try FileStatus(of: second).inode == status.inode) == way.isOneForAll)
                #expect(try SealedMemory.seals(of: first).isSuperset(of: .immutable))
                #expect(try DescriptorStatus.accessMode(of: first) == .readOnly)
                let start = offset(of: second)
                _ = first.withUnsafeNumber { lseek($0, 3, SEEK_SET) }
                #expect(offset(of: second) == (way.isOneForAll ? 3 : start))
                _ = first.withUnsafeNumber { lseek($0, 0, SEEK_SET) }
            }
            for rights in [#""write""#, #""append""#, #""read","write""#, #""use""#] {
                let (reply, memory) = try open(way, connection, rights: rights)
                #expect(reply.error == "io.vaultd.Broker.Denied" && memory == nil, "\(rights): \(reply.value)")
            }
        }
        try daemon.directory.write("another\n", to: "secret.txt", mode: 0o600)
        let text = try await daemon.vault("cat", way.name).text
        #expect(text == (way.isAsOfTheGrant ? "another\n" : StandardVault.secret))
        #expect(try await daemon.vault("reload").status.isSuccess)
        #expect(try await daemon.vault("cat", way.name).text == "another\n", "a reload opens anew what is stale")
    }

    @Test("Opened for each grant and shared is refused, from a file and by command")
    func refused() async throws {
        let daemon = try await daemon()
        let said = "a memory that is opened for each grant is a description of its own each time, and not shared"
        try daemon.writePolicy("vault: 1\ncapabilities:\n\(Self.capability("shared", "each-grant"))", to: "more.yaml")
        let reload = try await daemon.vault("reload")
        #expect(reload.status == .exited(1) && reload.errorText.contains(said), "\(reload.errorText)")
        #expect(reload.errorText.contains("write delivery: fresh, or open: at-start"), "\(reload.errorText)")
        let added = try await daemon.vault(
            "add", "memory/x", "memory", daemon.directory.path("secret.txt").string, "--delivery", "shared", "--open",
            "each-grant")
        #expect(added.status == .exited(1) && added.errorText.contains(said), "\(added.errorText)")
    }
}
