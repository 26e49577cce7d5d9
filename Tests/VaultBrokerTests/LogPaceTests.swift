// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import VaultBroker

@Suite("Lines that clients cause in the daemon's log")
struct LogPaceTests {
    @Test("so many of each uid are written, and what is beyond is said once, when its time is over")
    func lines() {
        var pace = LogPace()
        var said = pace.suppressed(bootUSec: LogPace.windowUSec)
        #expect(said.isEmpty)
        let written = (0..<50).map { _ in pace.admit(1_000) }
        #expect(written.count { $0 } == LogPace.linesPerUser && written[LogPace.linesPerUser - 1])
        let others = [pace.admit(1_001), pace.admit(nil)]
        #expect(others == [true, true])
        said = pace.suppressed(bootUSec: LogPace.windowUSec + 1)
        #expect(said.isEmpty, "its time is not over")
        said = pace.suppressed(bootUSec: 2 * LogPace.windowUSec)
        #expect(said.map(\.uid) == [1_000] && said.map(\.count) == [50 - LogPace.linesPerUser])
        let isWritten = pace.admit(1_000)
        said = pace.suppressed(bootUSec: 3 * LogPace.windowUSec)
        #expect(isWritten && said.isEmpty)
    }

    @Test("a thousand uids are not told apart for ever")
    func manyUsers() {
        var pace = LogPace()
        let written = (0..<10_000).count { pace.admit(UInt32($0)) }
        #expect(written < 400)
        let said = pace.suppressed(bootUSec: LogPace.windowUSec)
        #expect(said.map(\.uid) == [nil])
    }
}
