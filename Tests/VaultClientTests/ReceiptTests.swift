// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import Synchronization
import SystemPackage
import Testing
import Varlink
import VaultInterface
import VaultTestKit

@testable import VaultClient

/// What the library says of what has arrived.
struct ReceiptTests {
    /// What a broker was told.
    private final class Told: Sendable {
        let all = Mutex<[BrokerInterface.Received.Parameters]>([])

        var records: [Int] { all.withLock { $0.flatMap(\.records) } }
        var missing: [Int] { all.withLock { $0.flatMap { $0.missing ?? [] } } }
    }

    /// A broker that grants whatever is asked for, as records 1, 2 and so on.
    /// - Parameter most: descriptors that it passes at once.
    private func broker(_ told: Told, most: Int = 253) throws -> ScriptedService {
        let next = Mutex(1)
        return try ScriptedService { call, connection in
            if let received = try? call.parameters(as: BrokerInterface.Received.Parameters.self),
                call.method == BrokerInterface.Received.method
            {
                told.all.withLock { $0.append(received) }
                return .goOn
            }
            guard let open = try? call.parameters(as: BrokerInterface.Open.Parameters.self) else {
                connection.reply(to: call.slot, ["identity": ["uid": 1000]] as JSONObject)
                return .goOn
            }
            var grants: [BrokerInterface.Grant] = []
            var descriptors: [HeldDescriptor] = []
            for request in open.requests {
                guard let memory = try? SealedMemory.make(name: "x", contents: [UInt8]().span) else { return .hangUp }
                let record = next.withLock { next in
                    defer { next += 1 }
                    return next
                }
                grants.append(
                    .init(
                        name: request.name, fileDescriptor: descriptors.count, rights: ["read"], kind: "memory",
                        delivery: "fresh", revocation: "none", record: record, lease: .init(id: "l")))
                descriptors.append(HeldDescriptor(memory))
            }
            connection.reply(
                to: call.slot, message: MessageText.reply(BrokerInterface.Open.Reply(grants: grants)),
                passing: Array(descriptors.prefix(most)), token: 1)
            return .goOn
        }
    }

    @Test("The first grant is told at once, others with what follows, and the last when the connection goes")
    func tells() async throws {
        let told = Told()
        let service = try broker(told)
        try await onThread {
            let client = try VaultConnection(.path(service.path.string), timeLimit: .seconds(20))
            _ = try client.open("a")
            try waitOnThread(until: "the first to be told") { told.records == [1] }
            _ = try client.open(["b", "c"])
            _ = try client.open("d")
            // What was sent before a call is read before it.
            _ = try client.whoAmI()
            #expect(told.records.prefix(3) == [1, 2, 3])
            client.sendReceipts()
            try waitOnThread(until: "all to be told") { told.records == [1, 2, 3, 4] }
            _ = try client.open("e")
        }
        try await waitUntil("the last to be told") { told.records == [1, 2, 3, 4, 5] }
        #expect(told.missing == [])
    }

    @Test("What is taken is confirmed, and not told besides")
    func takes() async throws {
        let told = Told()
        let service = try broker(told)
        try await onThread {
            let client = try VaultConnection(.path(service.path.string), timeLimit: .seconds(20))
            // This broker says nothing of use to a Confirm.
            _ = try? client.take("a")
            _ = try client.open("b")
        }
        try await waitUntil("the other one to be told") { told.records == [2] }
    }

    @Test("What the kernel did not deliver is named, with its record, and told; the connection goes on")
    func missing() async throws {
        let told = Told()
        let service = try broker(told)
        try await onThread {
            let client = try VaultConnection(.path(service.path.string), timeLimit: .seconds(20))
            // Room for four.
            client.connection.withLock { $0?.room = .credentials }
            let error = #expect(throws: VaultError.self) { _ = try client.open(["a", "b", "c", "d", "e", "f"]) }
            #expect(error == .descriptorsMissing(names: ["e", "f"], records: [5, 6]))
            #expect(error?.description == "e, f: granted, and not received (record 5, 6)")
            try waitOnThread(until: "it to be told") { told.missing == [5, 6] }
            #expect(told.records == [1, 2, 3, 4])
            client.connection.withLock { $0?.room = .mostDescriptors }
            #expect(try client.open("g").record == 7)
        }
    }

    @Test("What was not sent with the others is named too")
    func short() async throws {
        let told = Told()
        let service = try broker(told, most: 1)
        try await onThread {
            let client = try VaultConnection(.path(service.path.string), timeLimit: .seconds(20))
            #expect(throws: VaultError.descriptorsMissing(names: ["b"], records: [2])) {
                _ = try client.open(["a", "b"])
            }
            try waitOnThread(until: "it to be told") { told.missing == [2] }
        }
    }
}
