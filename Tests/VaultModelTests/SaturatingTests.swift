// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel

@Suite struct SaturatingTests {
    @Test("A sum that does not fit is the extreme on whose side it lies")
    func sums() {
        #expect(Int64.max.saturatingAdding(1) == .max)
        #expect(Int64.min.saturatingAdding(-1) == .min)
        #expect(Int64.max.saturatingAdding(.min) == -1)
        #expect(UInt64.max.saturatingAdding(1) == .max)
        #expect(Int64(2).saturatingAdding(3) == 5)
    }

    @Test("So is a difference")
    func differences() {
        #expect(Int64.min.saturatingSubtracting(1) == .min)
        #expect(Int64.max.saturatingSubtracting(-1) == .max)
        #expect(Int64(0).saturatingSubtracting(.min) == .max)
        #expect(Int64(-1).saturatingSubtracting(.min) == .max)
        #expect(UInt64(0).saturatingSubtracting(1) == 0)
        #expect(Int64(2).saturatingSubtracting(3) == -1)
    }

    @Test("Every number of microseconds has a text", arguments: [Int64.min, .min + 1, -1, 0, .max - 1, .max])
    func times(usec: Int64) {
        #expect(TimeText.text(usec).hasSuffix("Z"))
        let remainder = CivilDate.floorRemainder(usec, 1_000_000)
        #expect((0..<1_000_000).contains(remainder))
    }
}
