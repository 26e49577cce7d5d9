// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Testing
import VaultModel

@testable import VaultBroker
@testable import VaultCore

@Suite("What a descriptor says")
struct RightsTests {
    private static let pairs: [(Rights, CInt)] = [
        (.read, O_RDONLY), (.write, O_WRONLY), ([.read, .write], O_RDWR), (.append, O_WRONLY | O_APPEND),
        ([.read, .append], O_RDWR | O_APPEND), ([.write, .append], O_WRONLY),
    ]

    @Test("rights become open flags, and only those flags match them", arguments: pairs)
    func flags(rights: Rights, flags: CInt) {
        #expect(rights.openFlags == flags)
        #expect(rights.match(statusFlags: flags))
        #expect(!rights.match(statusFlags: flags ^ O_APPEND))
        #expect(!rights.match(statusFlags: flags | O_NONBLOCK))
        #expect(!rights.match(statusFlags: flags | CInt(LINUX_O_PATH)))
    }

    @Test("reading does not match a descriptor that writes too")
    func wider() {
        #expect(!Rights.read.match(statusFlags: O_RDWR))
        #expect(!Rights.write.match(statusFlags: O_RDWR))
    }
}
