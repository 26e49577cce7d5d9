// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import VaultBroker

@Suite("Looks at the paths of capabilities")
struct PathLooksTests {
    private final class Path {}

    @Test("one that is under way serves who asks meanwhile, and not who asks for what has happened since it began")
    func anew() {
        let path = Path()
        var looks = PathLooks()
        var told: [Int] = []
        let begins = [
            looks.begin(path) { told.append(1) }, looks.begin(path) { told.append(2) },
            looks.begin(path, isAnew: true) { told.append(3) },
        ]
        #expect(begins == [true, false, false])
        let (lookers, next) = looks.end(path, bootUSec: 7)
        for looker in lookers { looker() }
        #expect(told == [1, 2] && next.count == 1)
        let beginsNow = looks.begin(path, isAnew: true, next[0])
        #expect(beginsNow)
        let last = looks.end(path, bootUSec: 8)
        for looker in last.lookers { looker() }
        #expect(told == [1, 2, 3] && last.next.isEmpty)
    }
}
