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

    /// Where one end of a pair is.
    private enum Place {
        case here(any PassableDescriptor)
        /// With a grant, from which it may come back.
        case out
        /// It was delivered.
        case gone

        var descriptor: (any PassableDescriptor)? { if case .here(let descriptor) = self { descriptor } else { nil } }
        var isGone: Bool { if case .gone = self { true } else { false } }
    }

    private struct Pair {
        let number: UInt64
        var read: Place
        var write: Place

        subscript(side: Side) -> Place {
            get { side == .read ? read : write }
            set { if side == .read { read = newValue } else { write = newValue } }
        }
    }

    private var pairs: [Pair] = []
    private var nextNumber: UInt64 = 0

    /// How many descriptors are held.
    package var heldCount: Int {
        pairs.reduce(0) { $0 + ($1.read.descriptor == nil ? 0 : 1) + ($1.write.descriptor == nil ? 0 : 1) }
    }

    /// Takes in both ends of a new pair; they are owned here until they are delivered.
    package mutating func add(read: any PassableDescriptor, write: any PassableDescriptor) {
        pairs.append(Pair(number: nextNumber, read: .here(read), write: .here(write)))
        nextNumber += 1
    }

    /// Takes the oldest end of this side; nil when another pair has to be made first.
    package mutating func take(_ side: Side) -> (any PassableDescriptor, End)? {
        for place in pairs.indices {
            guard let taken = pairs[place][side].descriptor else { continue }
            pairs[place][side] = .out
            return (taken, End(pair: pairs[place].number, side: side))
        }
        return nil
    }

    /// An end that was taken has left: a pair of which both have is forgotten.
    package mutating func delivered(_ end: End) {
        guard let place = pairs.firstIndex(where: { $0.number == end.pair }) else { return }
        pairs[place][end.side] = .gone
        if pairs[place].read.isGone, pairs[place].write.isGone { pairs.remove(at: place) }
    }

    /// Closes what is held; an end that is out for a grant finds no pair to come back to and is closed with the grant.
    package mutating func closeAll() { pairs = [] }

    /// An end that was taken could not be sent: it waits for the next taker.
    package mutating func giveBack(_ descriptor: any PassableDescriptor, _ end: End) {
        guard let place = pairs.firstIndex(where: { $0.number == end.pair }) else { return }
        pairs[place][end.side] = .here(descriptor)
    }
}
