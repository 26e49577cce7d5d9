// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("The clock of the system")
struct SystemClockTests {
    @Test("has a boot clock that does not go back, and a name for the boot")
    func clocks() throws {
        let first = SystemClock.bootTimeUSec()
        #expect(SystemClock.bootTimeUSec() >= first)
        #expect(SystemClock.wallTimeUSec() > 1_600_000_000_000_000)
        let identifier = try SystemClock.bootID()
        #expect(identifier.count == 36)
        #expect(try SystemClock.bootID() == identifier)
    }

    @Test("adds durations to boot times without overflow, and rounds up so that nothing is early")
    func bootTime() {
        let start = BootTime(microseconds: 1000)
        #expect(start.advanced(by: .microseconds(5)).microseconds == 1005)
        #expect(start.advanced(by: .nanoseconds(1)).microseconds == 1001)
        #expect(start.advanced(by: .zero) == start)
        #expect(start.advanced(by: .seconds(-1)).microseconds == -999_000)
        #expect(start.advanced(by: .seconds(Int64.max)).microseconds == .max)
        #expect(start.advanced(by: .seconds(Int64.min)).microseconds == .min)
        #expect(BootTime(microseconds: .max).advanced(by: .seconds(1)).microseconds == .max)
        #expect(start.duration(to: BootTime(microseconds: 3000)) == .milliseconds(2))
        #expect(start < BootTime(microseconds: 1001))
    }
}
