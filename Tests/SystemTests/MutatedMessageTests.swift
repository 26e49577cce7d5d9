// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// Random mutations of real messages, 300 by default and 10,000 in a soak.
@Suite struct MutatedMessageTests {
    private static let originals = [
        RawConnection.open("files/secret"),
        RawConnection.open("files/secret", "memory/secret", "ports/one"),
        #"{"method":"io.vaultd.Broker.Open","parameters":{"requests":[{"name":"files/journal","rights":["write"]}],"reason":"x"}}"#,
        #"{"method":"io.vaultd.Broker.List","parameters":{"pattern":"files/**"},"more":true}"#,
        #"{"method":"io.vaultd.Broker.Describe","parameters":{"name":"files/secret"}}"#,
        #"{"method":"io.vaultd.Admin.Grant","parameters":{"document":"{\"permit\":[\"open\"]}","dryRun":true}}"#,
        #"{"method":"io.vaultd.Admin.Rules","parameters":{"pattern":"**"}}"#,
        #"{"method":"io.vaultd.Audit.Query","parameters":{"filter":{"uid":[4711]},"limit":3,"reverse":true}}"#,
        #"{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"io.vaultd.Broker"}}"#,
        RawConnection.whoAmI,
    ]

    private static let fragments: [[UInt8]] =
        [
            "{", "}", "[", "]", "\"", "\\", "\\u", "\\ud800", ",", ":", "null", "true", "-", "1e999",
            "9223372036854775808",
            "\u{0}", "\u{0}\u{0}", "\u{7f}", "**", "../", "\"more\":true,", "\"oneway\":true,", "\"upgrade\":true,",
        ].map { Array($0.utf8) } + [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80]]

    private func mutate(_ original: String, with generator: inout SeededGenerator) -> [UInt8] {
        var bytes = Array(original.utf8) + [0]
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let place = Int.random(in: 0...bytes.count, using: &generator)
            let end = min(bytes.count, place + Int.random(in: 0...8, using: &generator))
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes.insert(contentsOf: Self.fragments.randomElement(using: &generator)!, at: place)
            case 1: bytes.removeSubrange(place..<end)
            case 2: if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator) }
            case 3: if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &generator) }
            case 4: bytes.insert(contentsOf: bytes[place..<end], at: place)
            default: bytes.insert(contentsOf: Self.originals.randomElement(using: &generator)!.utf8, at: place)
            }
        }
        return bytes
    }

    /// Sends it, whole or in pieces, with descriptors or without, and takes what comes.
    private func exchange(_ bytes: [UInt8], with daemon: Daemon, using generator: inout SeededGenerator) throws {
        let connection = try RawConnection(to: daemon.socket)
        let spare = HeldDescriptor(try OwnedDescriptor.open("/dev/null"))
        let stuffing = [0, 0, 0, 1, 3].randomElement(using: &generator)!
        let cut = Int.random(in: 0...bytes.count, using: &generator)
        do throws(Errno) {
            try connection.send(
                Array(bytes[..<cut]), passing: cut > 0 ? .init(repeating: spare, count: stuffing) : [])
            try connection.send(Array(bytes[cut...]))
            if Bool.random(using: &generator) { try connection.endSending() }
        } catch {
            // The broker has heard enough.
        }
        // Whatever comes is well-formed: the parser of the replies throws otherwise.
        while true {
            let ready = try Readiness.wait(
                for: .readable, on: connection.socket, until: BootTime.now.advanced(by: .milliseconds(2)))
            guard !ready.isEmpty, try connection.reply() != nil else { break }
        }
    }

    @Test("Mutated messages neither crash nor stall the broker, and leave no descriptor in it")
    func mutations() async throws {
        let daemon = try await StandardVault.start()
        let pid = try daemon.pid
        let seed = Seed()
        try await onThread {
            var generator = seed.generator
            let before = try DescriptorCensus(of: daemon)
            for _ in 0..<Soak.count(300, full: 10_000) {
                let bytes = mutate(Self.originals.randomElement(using: &generator)!, with: &generator)
                do {
                    try exchange(bytes, with: daemon, using: &generator)
                    guard try daemon.pid == pid else {
                        throw DaemonFailure(what: "it is another process", log: daemon.log)
                    }
                } catch {
                    Issue.record("\(seed), \(String(decoding: bytes, as: UTF8.self)): \(error)\n\(daemon.log)")
                    return
                }
            }
            let reply = try RawConnection(to: daemon.socket).call(RawConnection.open("files/secret"))
            #expect(reply?.descriptors.count == 1, "\(seed)\n\(daemon.log)")
            // What the broker makes ahead for the next calls is bounded.
            try before.expectNoMore(than: 64, in: daemon, seed)
        }
    }
}
