// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Processes

struct UserNamespaceTests {
    @Test("Only the map of every id to itself is the identity")
    func identity() {
        #expect(UserNamespace.isIdentity("         0          0 4294967295\n"))
        #expect(!UserNamespace.isIdentity("         0       1000          1\n"))
        #expect(!UserNamespace.isIdentity("         0     100000      65536\n"))
        #expect(!UserNamespace.isIdentity("0 0 4294967294\n"))
        #expect(!UserNamespace.isIdentity("0 0 65536\n65536 65536 4294901759\n"))
        #expect(!UserNamespace.isIdentity(""))
    }

    @Test("A map that cannot be read is not taken for the identity")
    func unreadable() {
        #expect(!UserNamespace.mapIsIdentity("no_such_map"))
    }
}
