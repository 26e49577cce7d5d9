// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import VaultBroker
@testable import VaultCore

@Suite struct CheckpointCadenceTests {
    private let cadence = CheckpointCadence()

    @Test("A log that is covered is not signed again")
    func covered() {
        #expect(cadence.wait(uncovered: 0, sinceLastUSec: .max) == nil)
    }

    @Test("A few records wait for the time that is set, many are signed at once, and never too often")
    func due() {
        #expect(cadence.wait(uncovered: 1, sinceLastUSec: 60_000_000) == 10_000_000)
        #expect(cadence.wait(uncovered: 1000, sinceLastUSec: 60_000_000) == 0)
        #expect(cadence.wait(uncovered: 50_000, sinceLastUSec: 50_000) == 150_000)
    }
}
