// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// "No descriptor is leaked by the daemon after 100,000 requests of every kind, good and bad." 2,000 by default.
@Suite struct DescriptorLeakTests {
    /// Both, since an end that nobody takes waits in the broker for its taker.
    private static let bothEnds = #"""
        {"method":"io.vaultd.Broker.Open","parameters":{"requests":\#
        [{"name":"pipes/one","rights":["read"]},{"name":"pipes/one","rights":["write"]}]}}
        """#

    private static let calls = [
        RawConnection.open("files/secret"), RawConnection.open("files/shared"), RawConnection.open("files/journal"),
        RawConnection.open("memory/secret"), RawConnection.open("ports/one"), RawConnection.open("files/missing"),
        RawConnection.open("no/such/name"), RawConnection.open("files/secret", "files/missing"),
        RawConnection.open("files/secret", "memory/secret", "files/shared"),
        bothEnds,
        #"{"method":"io.vaultd.Broker.Open","parameters":{"requests":[{"name":"files/secret","rights":["write"]}]}}"#,
        #"{"method":"io.vaultd.Broker.Open","parameters":{"requests":[]}}"#,
        #"{"method":"io.vaultd.Broker.Describe","parameters":{"name":"files/secret"}}"#,
        #"{"method":"io.vaultd.Broker.List"}"#, #"{"method":"io.vaultd.Admin.Rules"}"#,
        #"{"method":"io.vaultd.Admin.Status"}"#, #"{"method":"io.vaultd.Broker.Nothing"}"#, RawConnection.whoAmI,
    ]

    /// Fresh descriptions that the broker makes ahead, more or fewer of them by the demand. A leak of any one kind of
    /// call would be twice as much.
    private static let madeAhead = 48

    /// Connections that end in all the ways they can, while calls of every kind are made on others.
    private func work(_ daemon: Daemon, rounds: Int, generator: inout SeededGenerator) throws {
        var connection = try RawConnection(to: daemon.socket)
        for round in 0..<rounds {
            let call = Self.calls.randomElement(using: &generator)!
            switch Int.random(in: 0..<20, using: &generator) {
            case 0:
                // Leaves without taking the reply.
                try connection.send(call)
                connection = try RawConnection(to: daemon.socket)
            case 1:
                try connection.send(Array(call.utf8.prefix(round % call.utf8.count)))
                connection = try RawConnection(to: daemon.socket)
            case 2:
                let spare = HeldDescriptor(try OwnedDescriptor.open("/dev/null"))
                _ = try? connection.call(call, passing: [spare])
                connection = try RawConnection(to: daemon.socket)
            case 3:
                _ = try connection.call("{\"method\":")
                connection = try RawConnection(to: daemon.socket)
            default:
                guard try connection.call(call) != nil else {
                    throw DaemonFailure(what: "hung up on \(call)", log: daemon.log)
                }
            }
        }
    }

    @Test("The daemon has as many descriptors open after thousands of requests as before")
    func leaks() async throws {
        let daemon = try await StandardVault.start()
        let seed = Seed()
        try await onThread {
            var generator = seed.generator
            // What is opened once, on first use, is open after the first of each kind.
            try work(daemon, rounds: 300, generator: &generator)
            let before = try DescriptorCensus(of: daemon)
            try work(daemon, rounds: Soak.count(2_000, full: 100_000), generator: &generator)
            try before.expectNoMore(than: Self.madeAhead, in: daemon, seed)
        }
    }
}
