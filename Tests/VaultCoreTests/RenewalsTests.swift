// SPDX-License-Identifier: Apache-2.0

import Records
import Testing
import VaultModel

@testable import VaultCore

/// When what has changed is looked at: "nothing must have happened" for a moment, and what changes without end waits longer and
/// longer.
@Suite struct RenewalsTests {
    private let name: CapabilityName
    private let other: CapabilityName

    init() throws {
        name = try CapabilityName("web/key")
        other = try CapabilityName("web/other")
    }

    private func due(_ renewals: inout Renewals, at time: Int64, most: Int = 64) -> [String] {
        renewals.takeDue(at: time, most: most).map(\.text)
    }

    @Test("A burst of changes is one look, when it has been quiet")
    func burst() {
        var renewals = Renewals()
        for time in stride(from: 1_000_000, to: 1_500_000, by: 50_000) as StrideTo<Int64> {
            renewals.changed(name, at: time)
            #expect(due(&renewals, at: time).isEmpty)
        }
        #expect(due(&renewals, at: 1_450_000 + Renewals.quietUSec - 1).isEmpty)
        #expect(due(&renewals, at: 1_450_000 + Renewals.quietUSec) == ["web/key"])
        #expect(due(&renewals, at: 9_000_000).isEmpty, "once")
    }

    @Test("A burst that does not end is looked at after two seconds")
    func patience() {
        var renewals = Renewals()
        var looks: [Int64] = []
        for time in stride(from: 0, through: 4_200_000, by: 100_000) as StrideThrough<Int64> {
            renewals.changed(name, at: time)
            if !due(&renewals, at: time).isEmpty { looks.append(time) }
        }
        #expect(looks == [2_000_000, 4_100_000])
    }

    @Test(
        "What is renewed again and again is renewed less and less often, and as before when it has been quiet for long")
    func pauses() throws {
        var renewals = Renewals()
        var times: [Int64] = []
        var time: Int64 = 0
        while times.count < 12 {
            renewals.changed(name, at: time)
            if !due(&renewals, at: time + Renewals.quietUSec).isEmpty {
                renewals.renewed(name, at: time + Renewals.quietUSec)
                times.append(time)
            }
            time += Renewals.quietUSec
        }
        let pauses = zip(times, times.dropFirst()).map { $1 - $0 }
        #expect(pauses == pauses.sorted() && pauses[0] <= 1_000_000)
        #expect(try #require(pauses.last) >= Renewals.longestPauseUSec)
        let later = time + 2 * Renewals.longestPauseUSec + 1
        renewals.keep(at: later) { _ in true }
        renewals.changed(name, at: later)
        #expect(due(&renewals, at: later + Renewals.quietUSec) == ["web/key"])
        renewals.renewed(name, at: later + Renewals.quietUSec)
        renewals.changed(name, at: later + Renewals.quietUSec)
        #expect(due(&renewals, at: later + Renewals.quietUSec + Renewals.firstPauseUSec) == ["web/key"])
    }

    @Test("What could not be opened is tried again by itself, and said once")
    func failures() {
        var renewals = Renewals()
        let first = renewals.failed(name, at: 0)
        #expect(first && due(&renewals, at: Renewals.firstPauseUSec - 1).isEmpty)
        #expect(due(&renewals, at: Renewals.firstPauseUSec) == ["web/key"])
        let second = renewals.failed(name, at: Renewals.firstPauseUSec)
        #expect(!second && due(&renewals, at: 3 * Renewals.firstPauseUSec - 1).isEmpty)
        #expect(due(&renewals, at: 3 * Renewals.firstPauseUSec) == ["web/key"])
    }

    @Test("No more than so many at a time, the longest waiting first; what is gone is forgotten")
    func bounds() {
        var renewals = Renewals()
        renewals.changed(other, at: 0)
        renewals.changed(name, at: 1)
        #expect(due(&renewals, at: 1_000_000, most: 1) == ["web/other"])
        renewals.keep(at: 1_000_000) { $0 != name }
        #expect(renewals.count == 0 && due(&renewals, at: 2_000_000).isEmpty)
    }

    @Test("The same bytes of memory are the same, whichever file they were read from; of a file it is which file")
    func contents() {
        func opened(_ inode: UInt64, _ hash: String? = nil) -> Record.Opened {
            Record.Opened(device: "1:1", inode: inode, mount: nil, path: "/p\(inode)", sha256: hash)
        }
        #expect(opened(1, "ab").isSameContent(as: opened(2, "ab")))
        #expect(!opened(1, "ab").isSameContent(as: opened(1, "cd")))
        #expect(opened(1).isSameContent(as: opened(1)) && !opened(1).isSameContent(as: opened(2)))
    }
}
