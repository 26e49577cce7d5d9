// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("The limits of a process")
struct ResourceLimitsTests {
    @Test("lets a program have as many descriptors as its hard limit says")
    func limits() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 100, rlim_max: 500)
            #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            #expect(try ResourceLimits.openFiles().soft == 100)
            try ResourceLimits.raiseOpenFiles()
            let raised = try ResourceLimits.openFiles()
            #expect(raised.soft == 500 && raised.hard == 500)
        }
    }
}
