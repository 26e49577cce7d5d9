// SPDX-License-Identifier: Apache-2.0

import BasicContainers
import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import Varlink
import VaultInterface
import VaultTestKit

@testable import VaultClient

struct VaultConnectionTests {
    @Test("What was granted comes with its descriptor, whichever order the descriptors are in")
    func opens() async throws {
        let service = try brokerOfNames()
        try await onThread {
            let client = try VaultConnection(.path(service.path.string), timeLimit: .seconds(20))
            let one = try client.open("logs/a", rights: .read, reason: "because")
            #expect(one.name == "logs/a")
            #expect(one.rights == .read)
            #expect(one.delivery == .fresh)
            #expect(one.kind == "memory")
            #expect(one.record == 7)
            #expect(one.lease?.expires == WallTime(microseconds: 5))
            #expect(try text(one.descriptor) == "logs/a")
            #expect(one.descriptor.withUnsafeNumber { fcntl($0, F_GETFD) } == FD_CLOEXEC)
            let several = try client.open(["logs/c", Request("logs/b", rights: .read), "logs/a"])
            #expect(several.count == 3)
            for (index, name) in ["logs/c", "logs/b", "logs/a"].enumerated() {
                #expect(several[index].name == name)
                #expect(try text(several[index].descriptor) == name)
            }
            let before = try FileStatus(of: one.descriptor)
            let descriptor = one.takeDescriptor()
            #expect(try FileStatus(of: descriptor).isSameFile(as: before))
            #expect(descriptor.withUnsafeNumber { fcntl($0, F_GETFD) } == FD_CLOEXEC)
        }
    }

    @Test("With await nothing waits on the cooperative pool")
    func opensAsynchronously() async throws {
        let service = try brokerOfNames()
        let client = try await VaultConnection.connect(.path(service.path.string), timeLimit: .seconds(20))
        let grant = try await client.open("logs/a")
        #expect(try text(grant.descriptor) == "logs/a")
        let grants = try await client.open(["logs/a", "logs/b"])
        #expect(grants.count == 2)
        #expect(try await client.list("logs/*").map(\.name) == ["logs/a", "logs/b", "logs/c"])
        #expect(try await client.describe("logs/b").state == "ready")
        #expect(try await client.whoAmI() == ["uid": 1000])
        await #expect(throws: VaultError.notFound(name: "logs/x")) { _ = try await client.open("logs/x") }
    }

    @Test("A call ends when its task is cancelled, also one that waits for its turn; the next one is sound")
    func cancels() async throws {
        let (called, told) = AsyncStream<Void>.makeStream()
        let service = try ScriptedService { call, connection in
            if call.method == BrokerInterface.Describe.method {
                told.yield()
            } else {
                connection.reply(to: call.slot, ["identity": ["uid": 1000]] as JSONObject)
            }
            return .goOn
        }
        let path = service.path.string
        let vault = try await VaultConnection.connect(.path(path), timeLimit: .seconds(20))
        let silent = Task { () async -> VaultError? in
            do throws(VaultError) {
                _ = try await vault.describe("a")
                return nil
            } catch {
                return error
            }
        }
        for await _ in called { break }
        let waiting = Task { () async -> VaultError? in
            do throws(VaultError) {
                _ = try await vault.describe("b")
                return nil
            } catch {
                return error
            }
        }
        waiting.cancel()
        silent.cancel()
        #expect(await silent.value == VaultError.cancelled(path: path))
        #expect(await waiting.value == VaultError.cancelled(path: path))
        #expect(try await vault.whoAmI() == ["uid": 1000])
    }

    @Test("A listing in several replies is one listing")
    func lists() async throws {
        let service = try brokerOfNames()
        try await onThread {
            let client = try VaultConnection(.path(service.path.string), timeLimit: .seconds(20))
            #expect(try client.list().map(\.name) == ["logs/a", "logs/b", "logs/c"])
            #expect(try client.describe("logs/a").name == "logs/a")
            #expect(try client.whoAmI() == ["uid": 1000])
        }
    }

    @Test("Every error of the broker is told apart")
    func errors() async throws {
        let cases: [(VarlinkError, VaultError)] = [
            (
                BrokerError.denied(name: "a", record: 7).varlinkError,
                .denied(name: "a", record: 7, message: "not permitted")
            ),
            (BrokerError.notFound(name: "a").varlinkError, .notFound(name: "a")),
            (BrokerError.nameTaken(name: "a").varlinkError, .nameTaken(name: "a")),
            (
                BrokerError.openFailed(name: "a", errno: 2, errorName: "ENOENT", record: 8).varlinkError,
                .openFailed(name: "a", .noSuchFileOrDirectory, errorName: "ENOENT", record: 8)
            ),
            (BrokerError.quotaExceeded(limit: "l").varlinkError, .quotaExceeded(limit: "l")),
            (BrokerError.auditUnavailable(message: "m").varlinkError, .auditUnavailable(message: "m")),
            (BrokerError.busy.varlinkError, .busy),
            (.invalidParameter("requests"), .refused(.invalidParameter("requests"))),
        ]
        let service = try ScriptedService { call, connection in
            guard let parameters = try? call.parameters(as: BrokerInterface.Describe.Parameters.self),
                let index = Int(parameters.name)
            else { return .hangUp }
            connection.reply(to: call.slot, error: cases[index].0)
            return .goOn
        }
        try await onThread {
            let client = try VaultConnection(.path(service.path.string), timeLimit: .seconds(20))
            for (index, (_, expected)) in cases.enumerated() {
                #expect(throws: expected) { try client.describe(String(index)) }
            }
        }
    }

    @Test("Nobody at the path is 'unavailable', with the path")
    func unavailable() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("absent.sock").string
        await onThread {
            let error = #expect(throws: VaultError.unavailable(path: path, .noSuchFileOrDirectory)) {
                _ = try VaultConnection(.path(path))
            }
            #expect(error?.description == "cannot reach a broker at \(path): No such file or directory")
        }
    }

    @Test("After the broker hung up, the next call connects again")
    func reconnects() async throws {
        let service = try brokerOfNames()
        try await onThread {
            let path = service.path.string
            let client = try VaultConnection(.path(path), timeLimit: .seconds(20))
            #expect(throws: VaultError.disconnected(path: path)) { _ = try client.open("vanish") }
            #expect(try client.whoAmI() == ["uid": 1000])
            #expect(throws: VaultError.notFound(name: "x")) { _ = try client.open("x") }
            #expect(throws: VaultError.disconnected(path: path)) { _ = try client.open("vanish") }
            service.stop()
            #expect(throws: VaultError.unavailable(path: path, .noSuchFileOrDirectory)) { _ = try client.whoAmI() }
        }
    }

    @Test(
        "An answer whose descriptors are not those of its grants is refused",
        arguments: [[0, 0], [0], [1, 2], [-1, 0]])
    func wrongDescriptors(_ indexes: [Int]) async throws {
        let service = try ScriptedService { call, connection in
            let grants = indexes.map { index in
                BrokerInterface.Grant(
                    name: "a", fileDescriptor: index, rights: [], kind: "memory", delivery: "fresh", revocation: "none",
                    record: 1)
            }
            guard let descriptor = try? SealedMemory.make(name: "x", contents: [UInt8]().span) else { return .hangUp }
            let held = HeldDescriptor(descriptor)
            connection.reply(
                to: call.slot, message: MessageText.reply(BrokerInterface.Open.Reply(grants: grants)),
                passing: [held, held], token: 1)
            return .goOn
        }
        try await onThread {
            let client = try VaultConnection(.path(service.path.string), timeLimit: .seconds(20))
            let error = #expect(throws: VaultError.self) { _ = try client.open(["a", "b"]) }
            guard case .malformed = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test("A stream goes on until its reader has enough, or fails, and the next call is sound")
    func streams() async throws {
        let service = try brokerOfNames()
        try await onThread {
            let client = try VaultConnection(.path(service.path.string), timeLimit: .seconds(20))
            var seen = 0
            try client.callMore(BrokerInterface.List.self, .init(), isEndless: true) { _ in
                seen += 1
                return false
            }
            #expect(seen == 1)
            #expect(throws: Errno.ioError) {
                try client.callMore(BrokerInterface.List.self, .init()) { _ in throw Errno.ioError }
            }
            #expect(try client.whoAmI() == ["uid": 1000])
        }
    }
}

private func text(_ descriptor: borrowing OwnedDescriptor) throws -> String {
    String(decoding: try descriptor.readAll(), as: UTF8.self)
}
