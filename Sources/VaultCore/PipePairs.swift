// SPDX-License-Identifier: Apache-2.0

/// The pairs of a `pipe` or `fifo` capability: each grant gives one end away, and the broker's own copy goes with it.
///
/// While the broker held both ends no reader would ever see the end of the data, so an end that was delivered is
/// closed here. The other end waits for its taker; only when a pair has no such end left is another one made.
package struct PipePairs {
    package enum Side { case read, write }

    /// Names one end of one pair.
    package struct End: Hashable {
        let pair: UInt64
        let side: Side
    }

    private struct Pair {
        let number: UInt64
        var read: (any PassableDescriptor)?
        var write: (any PassableDescriptor)?
    }

    private var pairs: [Pair] = []
    private var nextNumber: UInt64 = 0

    /// How many descriptors are held.
    package var heldCount: Int { pairs.reduce(0) { $0 + ($1.read == nil ? 0 : 1) + ($1.write == nil ? 0 : 1) } }

    /// Takes in both ends of a new pair; they are owned here until they are delivered.
    package mutating func add(read: any PassableDescriptor, write: any PassableDescriptor) {
        pairs.append(Pair(number: nextNumber, read: read, write: write))
        nextNumber += 1
    }

    /// Takes the oldest end of this side; nil when another pair has to be made first.
    package mutating func take(_ side: Side) -> (any PassableDescriptor, End)? {
        guard let place = pairs.firstIndex(where: { side == .read ? $0.read != nil : $0.write != nil }) else {
            return nil
        }
        let end = End(pair: pairs[place].number, side: side)
        let taken = side == .read ? pairs[place].read : pairs[place].write
        if side == .read { pairs[place].read = nil } else { pairs[place].write = nil }
        guard let taken else { return nil }
        // A pair of which nothing is left here stays listed only while its ends could still come back.
        return (taken, end)
    }

    /// An end that was taken has left: a pair with nothing here is forgotten.
    package mutating func delivered(_ end: End) {
        pairs.removeAll { $0.number == end.pair && $0.read == nil && $0.write == nil }
    }

    /// Closes what is held; an end that is out for a grant finds no pair to come back to and is closed with the grant.
    package mutating func closeAll() { pairs = [] }

    /// An end that was taken could not be sent: it waits for the next taker.
    package mutating func giveBack(_ descriptor: any PassableDescriptor, _ end: End) {
        guard let place = pairs.firstIndex(where: { $0.number == end.pair }) else { return }
        if end.side == .read { pairs[place].read = descriptor } else { pairs[place].write = descriptor }
    }
}
