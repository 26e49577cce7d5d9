// SPDX-License-Identifier: Apache-2.0

import CLinux
import Testing

@Suite("The shim over the C library")
struct CLinuxTests {
    @Test("has epoll events in the layout that the shim and Swift agree on")
    func epollEvent() {
        #if arch(x86_64)
            #expect(MemoryLayout<epoll_event>.stride == 12)
        #else
            #expect(MemoryLayout<epoll_event>.stride == 16)
        #endif
    }
}
