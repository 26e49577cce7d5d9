// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// A list of more names than are looked at in one turn of the broker's loop.
@Suite struct LongListTests {
    private static let count = 1_700
    private static let names = (0..<count).map { "n/\(10_000 + $0)" }
    private static let method = "io.vaultd.Broker.List"

    private static func options(_ rules: String) -> Daemon.Options {
        var options = StandardVault.options
        let capabilities = names.map {
            "  - { name: \($0), file: { path: \"@DIRECTORY@/secret.txt\" }, open: on-first-use }\n"
        }
        options.policies = ["long.yaml": "vault: 1\ncapabilities:\n\(capabilities.joined())rules:\n\(rules)"]
        return options
    }

    private static let everything =
        "  - { id: all, permit: [open], capability: \"**\", to: anyone }\n"
        + "  - { id: admin, permit: [admin], to: { uid: \(geteuid()) } }\n"

    private static func names(_ reply: RawConnection.Reply?) -> [String] {
        reply?.parameters["capabilities"]?.array?.compactMap { $0["name"]?.string } ?? []
    }

    @Test("It comes in one reply, and in several to who wants that: the same names in the same order")
    func list() async throws {
        let daemon = try await Daemon.start(Self.options(Self.everything))
        try await onThread {
            let connection = try RawConnection(to: daemon.socket)
            // What is asked behind it is answered behind it.
            try connection.send(#"{"method":"\#(Self.method)"}"# + "\0" + #"{"method":"\#(Self.method)","more":true}"#)
            #expect(Self.names(try connection.reply()) == Self.names)
            var parts: [[String]] = []
            var continues = true
            while continues {
                let reply = try #require(try connection.reply())
                #expect(reply.error == nil)
                continues = reply.value["continues"]?.bool ?? false
                parts.append(Self.names(reply))
            }
            #expect(parts.joined().elementsEqual(Self.names))
            #expect(parts.count >= 4 && parts.allSatisfy { $0.count <= 500 })
            let few = try connection.call(#"{"method":"\#(Self.method)","parameters":{"pattern":"n/1001*"}}"#)
            #expect(Self.names(few) == Array(Self.names[10..<20]))
        }
        #expect(try await daemon.terminate().isSuccess)
    }

    @Test("Who may see a few of the names gets these, and who may see none an empty list")
    func few() async throws {
        let daemon = try await Daemon.start(
            Self.options("  - { id: one, permit: [open], capability: n/11500, to: { uid: \(geteuid()) } }\n"))
        try await onThread {
            let connection = try RawConnection(to: daemon.socket)
            #expect(Self.names(try connection.call(#"{"method":"\#(Self.method)"}"#)).contains("n/11500"))
            try connection.send(#"{"method":"\#(Self.method)","parameters":{"pattern":"none/*"},"more":true}"#)
            let reply = try #require(try connection.reply())
            #expect(reply.error == nil && Self.names(reply) == [] && reply.value["continues"] == nil)
        }
        #expect(try await daemon.terminate().isSuccess)
    }

    @Test("Who goes away before all of it is there leaves no connection and no work behind")
    func leaves() async throws {
        let daemon = try await Daemon.start(Self.options(Self.everything))
        let seed = Seed()
        try await onThread {
            var generator = seed.generator
            for number in 0..<60 {
                let connection = try RawConnection(to: daemon.socket)
                let more = number.isMultiple(of: 2) ? #","more":true"# : ""
                try connection.send(#"{"method":"\#(Self.method)"\#(more)}"#)
                usleep(.random(in: 0..<8_000, using: &generator))
            }
            let connection = try RawConnection(to: daemon.socket)
            let end = ContinuousClock.now.advanced(by: .seconds(20))
            var left = Int64.max
            while left > 1, ContinuousClock.now < end {
                let status = try connection.call(#"{"method":"io.vaultd.Admin.Status"}"#)
                left = status?.parameters["status"]?["connections"]?["count"]?.integer ?? .max
                usleep(10_000)
            }
            #expect(left == 1, "\(seed)")
        }
        #expect(try await daemon.terminate().isSuccess)
    }
}
