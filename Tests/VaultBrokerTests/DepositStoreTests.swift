// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import Testing
import VaultTestKit

@testable import VaultBroker

@Suite("Deposits that the service manager keeps")
struct DepositStoreTests {
    /// What a manager has been sent, without waiting.
    private func notices(_ manager: HeldDescriptor) throws -> [String] {
        var texts: [String] = []
        while try Readiness.current(for: .readable, on: manager).contains(.readable) {
            texts.append(
                try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
                    let message = try MessageSocket.receive(into: buffer, room: .mostDescriptors, on: manager)
                    return String(decoding: buffer[..<message.byteCount], as: UTF8.self)
                })
        }
        return texts
    }

    private func entry(_ name: String) throws -> ActivationSockets.Entry {
        .init(descriptor: HeldDescriptor(try UnixSocket.make(.stream)), name: name)
    }

    @Test("each is stored under its id and removed, in that order, and what was kept is handed out once")
    func stores() throws {
        let directory = try TemporaryDirectory()
        let address = UnixAddress.path(directory.path("notify"))
        let manager = HeldDescriptor(try UnixSocket.bind(to: address, type: .datagram))
        let store = DepositStore(
            ServiceNotifier(address: address), [try entry("deposit=a-1"), try entry("deposit=a-2")], try EventLoop())
        let descriptor = HeldDescriptor(try UnixSocket.make(.stream))
        #expect(store.take("a-1").count == 1 && store.take("a-1").isEmpty)
        // It is there already.
        #expect(store.keep(descriptor, id: "a-1"))
        #expect(try notices(manager).isEmpty)
        #expect(store.keep(descriptor, id: "b-1"))
        store.drop("b-1")
        store.drop("b-1")
        #expect(store.dropRest() == ["deposit=a-2"])
        #expect(
            try notices(manager) == [
                "FDSTORE=1\nFDNAME=deposit=b-1\nFDPOLL=0", "FDSTOREREMOVE=1\nFDNAME=deposit=b-1",
                "FDSTOREREMOVE=1\nFDNAME=deposit=a-2",
            ])
        #expect(store.count == 1)
    }

    @Test("no more than a start can be told of, and a manager that is slow keeps nobody waiting")
    func bounds() throws {
        let directory = try TemporaryDirectory()
        let address = UnixAddress.path(directory.path("notify"))
        let manager = HeldDescriptor(try UnixSocket.bind(to: address, type: .datagram))
        let store = DepositStore(ServiceNotifier(address: address), [], try EventLoop())
        let descriptor = HeldDescriptor(try UnixSocket.make(.stream))
        let id = { (number: Int) in "0123456789ab-\(1000 + number)" }
        let most = DepositStore.mostNameBytes / "deposit=0123456789ab-1000:".utf8.count
        let clock = ContinuousClock()
        let time = clock.measure { for number in 0..<most { #expect(store.keep(descriptor, id: id(number))) } }
        #expect(time < .seconds(5), "each would wait a second")
        #expect(!store.keep(descriptor, id: id(most)))
        store.drop(id(0))
        #expect(store.keep(descriptor, id: id(most)))
        withExtendedLifetime(manager) {}
    }

    @Test("no more than the manager says that it takes, an eighth of which is left to listeners")
    func limit() throws {
        let directory = try TemporaryDirectory()
        let address = UnixAddress.path(directory.path("notify"))
        let manager = HeldDescriptor(try UnixSocket.bind(to: address, type: .datagram))
        let notifier = try #require(
            ServiceNotifier(environment: ["NOTIFY_SOCKET=\(directory.path("notify"))", "FDSTORE=8"]))
        let store = DepositStore(notifier, [try entry("deposit=a-0")], try EventLoop())
        let descriptor = HeldDescriptor(try UnixSocket.make(.stream))
        for number in 1..<7 { #expect(store.keep(descriptor, id: "a-\(number)")) }
        #expect(!store.keep(descriptor, id: "a-7") && store.leftOut == 1)
        store.drop("a-0")
        #expect(store.keep(descriptor, id: "a-8"))
        store.drop("a-7")
        #expect(store.leftOut == 0)
        withExtendedLifetime(manager) {}
    }

    @Test("names are told from those of listeners and of the broker's own sockets")
    func names() {
        #expect(KeptDescriptors.isName("deposit=a-1") && KeptDescriptors.isForeign("deposit=a-1"))
        #expect(!KeptDescriptors.isForeign("listener=deposit=a") && !KeptDescriptors.isName("vault"))
    }
}
