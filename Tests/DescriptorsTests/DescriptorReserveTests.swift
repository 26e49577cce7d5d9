// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("A descriptor kept aside")
struct DescriptorReserveTests {
    @Test("lets a server without a free number take connections and hang up, so that its listener comes to rest")
    func turnsAway() async {
        await #expect(processExitsWith: .success) {
            let directory = try TemporaryDirectory()
            let address = UnixAddress.path(directory.path("s"))
            let listener = try UnixSocket.listen(at: address)
            var clients: [HeldDescriptor] = []
            for _ in 0..<3 { clients.append(HeldDescriptor(try UnixSocket.connect(to: address))) }
            var reserve = DescriptorReserve()
            var filler: [HeldDescriptor] = []
            var limit = rlimit(rlim_cur: 256, rlim_max: 256)
            #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            #expect(throws: Errno.tooManyOpenFiles) {
                while true { filler.append(HeldDescriptor(try OwnedDescriptor.open("/dev/null"))) }
            }
            #expect(throws: Errno.tooManyOpenFiles) { _ = try UnixSocket.accept(on: listener) }
            var turnedAway = 0
            while reserve.turnAwayOne(from: listener) { turnedAway += 1 }
            #expect(turnedAway == 3)
            for client in clients { #expect(try receive(on: client).isEndOfFile) }
            // And it is there again: nothing else can be opened.
            #expect(throws: Errno.tooManyOpenFiles) { _ = try OwnedDescriptor.open("/dev/null") }
        }
    }
}
