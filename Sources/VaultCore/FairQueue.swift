// SPDX-License-Identifier: Apache-2.0

import DequeModule

/// What waits, by whose it is. The owners take turns; of what one owner has waiting, the oldest comes first.
package struct FairQueue<Owner: Hashable, Element> {
    private var waiting: [Owner: Deque<Element>] = [:]
    /// The owners that have something waiting, in the order of their turns.
    private var turns = Deque<Owner>()
    /// How much waits in all.
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// How much of one owner waits.
    package func count(of owner: Owner) -> Int { waiting[owner]?.count ?? 0 }

    /// The owners that have something waiting, the next one first.
    package var owners: some Sequence<Owner> { turns }

    package mutating func append(_ element: Element, of owner: Owner) {
        if waiting[owner] == nil { turns.append(owner) }
        waiting[owner, default: []].append(element)
        count += 1
    }

    /// Takes the oldest of the next owner that may have its turn, which then waits behind all others.
    package mutating func popNext(where mayGo: (Owner) -> Bool = { _ in true }) -> (owner: Owner, element: Element)? {
        guard let place = turns.firstIndex(where: mayGo) else { return nil }
        let owner = turns.remove(at: place)
        guard let element = waiting[owner]?.popFirst() else { return nil }
        count -= 1
        if waiting[owner]?.isEmpty == true { waiting[owner] = nil } else { turns.append(owner) }
        return (owner, element)
    }
}
