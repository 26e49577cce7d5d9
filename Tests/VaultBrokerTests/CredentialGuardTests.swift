// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import Testing
import VaultTestKit

@testable import VaultBroker

/// "Has the manager keep a connection, and then calls `body` with it, at once or when the manager has taken it."
@Suite("Connections of credentials that the service manager keeps")
struct CredentialGuardTests {
    /// A socket in the place of the manager's, and the guard, on the thread of its loop.
    private final class Stage {
        let loop: EventLoop
        let directory: TemporaryDirectory
        let manager: HeldDescriptor
        let credentials: CredentialGuard
        /// What became of each, in order: nil is kept.
        var outcomes: [String?] = []
        var others: [HeldDescriptor] = []

        init(limit: Int = 4096, _ entries: [ActivationSockets.Entry] = []) throws {
            loop = try EventLoop()
            directory = try TemporaryDirectory()
            let path = directory.path("notify")
            manager = HeldDescriptor(try UnixSocket.bind(to: .path(path), type: .datagram))
            let notifier = ServiceNotifier(environment: ["NOTIFY_SOCKET=\(path)", "FDSTORE=\(limit)"])
            credentials = CredentialGuard(notifier, entries, owner: 0, loop)
        }

        /// - Returns: the broker's side.
        @discardableResult func keep(of uid: UInt32 = 0) throws -> HeldDescriptor {
            let pair = try MessageSocket.pair()
            others.append(HeldDescriptor(pair.second))
            let copy = HeldDescriptor(try pair.first.duplicate())
            credentials.keep(pair.first, of: uid) { _, problem in self.outcomes.append(problem) }
            return copy
        }

        func run(for time: Duration) {
            _ = loop.timer(after: time) { [loop] in loop.stop() }
            loop.run()
        }

        /// Nothing more is taken until it is read.
        func fill() throws {
            let socket = try UnixSocket.make(.datagram)
            let address = UnixAddress.path(directory.path("notify"))
            func send() throws(Errno) -> Int {
                try MessageSocket.send([UInt8(ascii: "x")].span, to: address, on: socket, flags: .dontWait)
            }
            while (try? send()) != nil {}
        }

        /// The lines of what it was sent.
        func notices() throws -> [String] {
            var texts: [String] = []
            while try Readiness.current(for: .readable, on: manager).contains(.readable) {
                texts.append(
                    try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
                        let message = try MessageSocket.receive(into: buffer, room: .mostDescriptors, on: manager)
                        return String(decoding: buffer[..<message.byteCount], as: UTF8.self)
                    })
            }
            return texts.filter { $0.hasPrefix("FDSTORE") }
        }
    }

    private static func name(_ connection: HeldDescriptor) throws -> String {
        "credential=\(try FileStatus(of: connection).inode)"
    }

    @Test("A manager that is busy is asked again; until then nothing is answered, and nobody else taken in")
    func busy() async throws {
        try await onThread {
            let stage = try Stage()
            try stage.fill()
            let connection = try stage.keep()
            stage.run(for: .milliseconds(100))
            #expect(stage.outcomes.isEmpty && !stage.credentials.hasRoom && !stage.credentials.isEmpty)
            _ = try stage.notices()
            stage.run(for: .milliseconds(100))
            #expect(stage.outcomes == [nil] && stage.credentials.hasRoom)
            #expect(try stage.notices() == ["FDSTORE=1\nFDNAME=\(Self.name(connection))"])
        }
    }

    @Test("Where it cannot be kept it is to fail: the manager is away, or it is given up")
    func cannot() async throws {
        try await onThread {
            let stage = try Stage()
            try stage.fill()
            try stage.keep()
            stage.credentials.giveUp()
            #expect(stage.outcomes.count == 1)
            #expect(stage.outcomes[0]?.contains("does not take its connection") == true, "\(stage.outcomes)")
            #expect(stage.credentials.hasRoom)
            try UnixSocket.remove(stage.directory.path("notify"))
            try stage.keep()
            #expect(stage.outcomes.count == 2)
            #expect(stage.outcomes[1]?.contains("cannot be asked") == true, "\(stage.outcomes)")
        }
    }

    @Test("No more than a part of what the manager keeps: the owner's wait to be accepted, others' fail")
    func room() async throws {
        try await onThread {
            let stage = try Stage(limit: 32)
            let first = try stage.keep()
            #expect(stage.credentials.hasRoom)
            try stage.keep(of: 4711)
            try stage.keep(of: 4711)
            #expect(stage.outcomes.count == 3 && stage.outcomes[2]?.contains("uid 4711 has too many") == true)
            #expect(stage.credentials.hasRoom, "others take nothing from the owner")
            try stage.keep()
            #expect(!stage.credentials.hasRoom)
            stage.credentials.drop(first)
            #expect(stage.credentials.hasRoom && stage.credentials.count == 2)
            let notices = try stage.notices()
            #expect(notices.count == 4)
            #expect(try notices.last == "FDSTOREREMOVE=1\nFDNAME=\(Self.name(first))")
        }
    }

    @Test("What was kept stays with the manager until it is dropped")
    func kept() async throws {
        try await onThread {
            let pair = try MessageSocket.pair()
            let connection = HeldDescriptor(pair.first)
            let name = try Self.name(connection)
            let stage = try Stage([.init(descriptor: connection, name: name)])
            #expect(stage.credentials.takeKept().count == 1 && stage.credentials.takeKept().isEmpty)
            #expect(try stage.notices().isEmpty && !stage.credentials.isEmpty)
            stage.credentials.drop(connection)
            #expect(try stage.notices() == ["FDSTOREREMOVE=1\nFDNAME=\(name)"])
            #expect(stage.credentials.isEmpty)
        }
    }
}
