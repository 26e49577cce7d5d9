// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// A connection that ends takes everything along that was done for it: whoever followed, queried or waited.
@Suite struct EndedSessionTests {
    private static let following = #"{"method":"io.vaultd.Audit.Query","parameters":{"follow":true},"more":true}"#
    private static let unheard =
        #"{"method":"io.vaultd.Audit.Query","parameters":{"follow":true},"more":true,"oneway":true}"#

    /// Calls that live long, wait for others or answer in several parts.
    private static let calls = [
        following, unheard, following + "\0" + following,
        #"{"method":"io.vaultd.Audit.Query","parameters":{"follow":true,"last":3},"more":true}"#,
        #"{"method":"io.vaultd.Audit.Query","parameters":{},"more":true}"#,
        #"{"method":"io.vaultd.Audit.Query","parameters":{"reverse":true}}"#,
        #"{"method":"io.vaultd.Audit.Export","parameters":{},"more":true}"#,
        #"{"method":"io.vaultd.Audit.Summarize","parameters":{"by":"rule"}}"#,
        #"{"method":"io.vaultd.Audit.Prove","parameters":{"record":1}}"#,
        #"{"method":"io.vaultd.Admin.Replay","parameters":{"files":[]},"more":true}"#,
        #"{"method":"io.vaultd.Admin.Status"}"#, #"{"method":"io.vaultd.Broker.List"}"#, RawConnection.whoAmI,
        RawConnection.open("files/secret", "memory/secret"),
    ]

    /// So many descriptors may be made ahead for who asks next.
    private static let madeAhead = 48

    /// How long the processor worked for the daemon, in clock ticks.
    private static func ticks(_ daemon: Daemon) throws -> Int {
        let stat = try WholeFile.text(FilePath("/proc/\(try daemon.pid)/stat"))
        let fields = try #require(stat.split(separator: ")").last).split(separator: " ")
        // What follows the name begins with the third field; user and system time are the 14th and 15th.
        return try #require(Int(fields[11])) + #require(Int(fields[12]))
    }

    /// Makes each call, and leaves at some point of it: before anything was answered, after some parts, or in between.
    private static func leaveEverywhere(_ daemon: Daemon, rounds: Int, _ generator: inout SeededGenerator) throws {
        for _ in 0..<rounds {
            for call in calls {
                let connection = try RawConnection(to: daemon.socket)
                try connection.send(call)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: break
                case 1: usleep(.random(in: 0..<5_000, using: &generator))
                case 2: try connection.endSending()
                default: if call != unheard { _ = try connection.reply() }
                }
            }
        }
    }

    @Test("Connections that end at any point of any call leave no descriptor and no work behind")
    func ended() async throws {
        let daemon = try await StandardVault.start()
        let seed = Seed()
        try await onThread {
            var generator = seed.generator
            try Self.leaveEverywhere(daemon, rounds: 3, &generator)
            let before = try DescriptorCensus(of: daemon)
            try Self.leaveEverywhere(daemon, rounds: Soak.count(12, full: 200), &generator)
            try before.expectNoMore(than: Self.madeAhead, in: daemon, seed)
            // Two descriptors and most of a processor were what a single follower left.
            let start = try Self.ticks(daemon)
            sleep(2)
            let used = try Self.ticks(daemon) - start
            #expect(used < 2 * sysconf(CInt(_SC_CLK_TCK)) / 4, "\(seed): \(used) ticks in two seconds without a client")
        }
        #expect(try await daemon.terminate().isSuccess)
    }
}
