// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// What needs no right must cost little: everything about a caller is read once for a connection.
@Suite(.serialized) struct WhoAmITests {
    private static let count = 60

    /// What the broker sends to its opener meanwhile, by the numbers of the operations.
    private final class Requests: Sendable {
        private let file: FilePath
        private let tracer: Injection

        init(of daemon: Daemon) throws {
            file = daemon.directory.path("requests")
            tracer = try Injection(watching: "sendmsg", of: daemon.pid, into: file)
        }

        /// Ends the watching.
        func count(of operation: Int) throws -> Int {
            try tracer.end()
            let text = String(decoding: try OwnedDescriptor.open(file).readAll(), as: UTF8.self)
            // The head of a request: its magic number, and the operation in two bytes.
            return text.split(separator: "\n").count { $0.contains("\"5POV\\\(String(operation, radix: 8))\\0") }
        }
    }

    private static let inspect = 8

    private func ask(_ connection: RawConnection) throws {
        for _ in 0..<Self.count { try connection.send(RawConnection.whoAmI) }
    }

    @Test(
        "Whoever asks many times at once is looked at once, and answered in order, what was asked behind it too",
        .enabled(if: Injection.isPossible && Command.canChangeUser, "needs root and strace"))
    func pipelined() async throws {
        let daemon = try await StandardVault.start()
        try await onThread {
            // What the opener needs to begin with is there by then.
            _ = try RawConnection(to: daemon.socket).call(RawConnection.whoAmI)
            let requests = try Requests(of: daemon)
            let connection = try RawConnection(to: daemon.socket)
            try ask(connection)
            try connection.send(RawConnection.open("files/secret"))
            try ask(connection)
            let replies = try connection.replies(2 * Self.count + 1)
            #expect(replies.count == 2 * Self.count + 1)
            for (index, reply) in replies.enumerated() {
                #expect(reply.error == nil)
                #expect(reply.descriptors.count == (index == Self.count ? 1 : 0), "reply \(index)")
                if index == Self.count { continue }
                #expect(reply.parameters == replies[0].parameters && reply.parameters["identity"]?["exe"] != nil)
            }
            #expect(try requests.count(of: Self.inspect) == 1)
        }
    }

    @Test(
        "Many who ask and go away cost one look each at the most, and hold up nobody who stays",
        .enabled(if: Injection.isPossible && Command.canChangeUser, "needs root and strace"))
    func goneAway() async throws {
        let daemon = try await StandardVault.start()
        let crowd = 40
        #expect(try await daemon.vault("cat", "files/secret").status.isSuccess)
        let before = try daemon.descriptorCount
        try await onThread {
            let requests = try Requests(of: daemon)
            let patient = try RawConnection(to: daemon.socket)
            try ask(patient)
            for number in 0..<crowd {
                let hasty = try RawConnection(to: daemon.socket)
                try ask(hasty)
                if number.isMultiple(of: 2) { try hasty.endSending() }
            }
            try patient.send(RawConnection.open("files/secret"))
            let replies = try patient.replies(Self.count + 1)
            #expect(replies.allSatisfy { $0.error == nil } && replies.last?.descriptors.count == 1)
            let late = try RawConnection(to: daemon.socket)
            #expect(try late.call(RawConnection.open("files/secret"))?.descriptors.count == 1)
            #expect((1...crowd + 2).contains(try requests.count(of: Self.inspect)))
        }
        try await waitUntil("the broker to have forgotten them") { try daemon.descriptorCount <= before }
    }
}
