// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("A notification of the service manager")
struct ServiceNotifierTests {
    @Test("is sent only where NOTIFY_SOCKET says so, to a path or an abstract name")
    func environment() {
        #expect(ServiceNotifier(environment: [])?.address == nil)
        #expect(ServiceNotifier(environment: ["NOTIFY_SOCKET="])?.address == nil)
        #expect(ServiceNotifier(environment: ["NOTIFY_SOCKET=vsock:2:3"])?.address == nil)
        #expect(ServiceNotifier(environment: ["A=b", "NOTIFY_SOCKET=/run/n"])?.address == .path("/run/n"))
        #expect(ServiceNotifier(environment: ["NOTIFY_SOCKET=@n"])?.address == .abstract([0x6E]))
    }

    @Test("arrives as lines in one datagram, with descriptors to store", arguments: [true, false])
    func arrives(isAbstract: Bool) throws {
        let directory = try TemporaryDirectory()
        let notation = isAbstract ? "@\(directory.path)" : directory.path("notify").string
        let manager = try UnixSocket.bind(to: UnixAddress(notation: notation), type: .datagram)
        try SocketOption.setPassCredentials(true, on: manager)
        let notifier = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET=\(notation)"]))

        try notifier.ready(status: "serving")
        let ready = try receive(on: manager)
        #expect(ready.text == "READY=1\nSTATUS=serving")
        #expect(ready.credentials?.pid == getpid())

        try notifier.reloading()
        let lines = try receive(on: manager).text.split(separator: "\n")
        #expect(lines.first == "RELOADING=1")
        #expect(lines.last?.hasPrefix("MONOTONIC_USEC=") == true)

        try notifier.stopping()
        #expect(try receive(on: manager).text == "STOPPING=1")

        let kept = HeldDescriptor(try memory("kept"))
        try notifier.notify(["FDSTORE=1", "FDNAME=x"], passing: [kept])
        let stored = try receive(on: manager)
        #expect(stored.text == "FDSTORE=1\nFDNAME=x")
        #expect(stored.descriptors.first.map { contents(of: $0) } == "kept")
    }

    @Test("has descriptors kept by name, and let go of")
    func stores() throws {
        let directory = try TemporaryDirectory()
        let manager = try UnixSocket.bind(to: .path(directory.path("notify")), type: .datagram)
        let notifier = ServiceNotifier(address: .path(directory.path("notify")))
        try notifier.store(HeldDescriptor(try memory("kept")), name: "listener=a/b")
        let stored = try receive(on: manager)
        #expect(stored.text == "FDSTORE=1\nFDNAME=listener=a/b\nFDPOLL=0")
        #expect(stored.descriptors.first.map { contents(of: $0) } == "kept")
        try notifier.remove(stored: "listener=a/b")
        #expect(try receive(on: manager).text == "FDSTOREREMOVE=1\nFDNAME=listener=a/b")
        try notifier.store(HeldDescriptor(try memory("kept")), name: "x", endsWithHangUp: true)
        #expect(try receive(on: manager).text == "FDSTORE=1\nFDNAME=x")
        for name in ["", "a:b", "a\nb", "\u{e4}", String(repeating: "n", count: 256)] {
            #expect(!ServiceNotifier.isStorable(name: name))
        }
        #expect(ServiceNotifier.isStorable(name: String(repeating: "n", count: 255)))
    }

    @Test("that nobody takes is an error after a second, not a wait for ever")
    func nobody() async throws {
        let directory = try TemporaryDirectory()
        let address = UnixAddress.path(directory.path("notify"))
        let notifier = ServiceNotifier(address: address)
        #expect(throws: Errno.noSuchFileOrDirectory) { try notifier.stopping() }
        let manager = HeldDescriptor(try UnixSocket.bind(to: address, type: .datagram))
        await onThread {
            #expect(throws: Errno.resourceTemporarilyUnavailable) {
                for _ in 0..<10_000 { try notifier.stopping() }
            }
        }
        withExtendedLifetime(manager) {}
    }

    @Test("cannot be given a line that is two")
    func lineBreak() async {
        await #expect(processExitsWith: .failure) {
            try ServiceNotifier(address: .abstract([1])).notify(["STATUS=x\nREADY=1"])
        }
    }
}
