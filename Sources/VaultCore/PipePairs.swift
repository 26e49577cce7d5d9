// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// The pairs of a `pipe` or `fifo` capability: each grant gives one end away, and the broker's own copy goes with it.
///
/// While the broker held both ends no reader would ever see the end of the data, so an end that was delivered is
/// closed here. The other end waits for its taker, on the account of the one who got the first; only when a pair has no such end
/// left is another one made.
package struct PipePairs {
    package enum Side { case read, write }

    /// Names one end of one pair.
    package struct End: Hashable {
        let pair: UInt64
        let side: Side
    }

    /// Of which pair an end is to be.
    enum Choice {
        case any
        /// Of one that has both of its ends here: the other one is wanted too.
        case whole
        /// Of the pair of which one has this end; where that is not to be had, of any.
        case partner(of: End)
    }

    /// What came of a try to take an end.
    enum Taken {
        case end(any PassableDescriptor, End)
        /// Another pair has to be made first.
        case none
        /// There is one, and the account has no share left to keep the other end of it.
        case usedUp
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
        /// On whose account what is held of it is; nil: on nobody's, as of what is opened at the start.
        var charge: Charge?

        subscript(side: Side) -> Place {
            get { side == .read ? read : write }
            set { if side == .read { read = newValue } else { write = newValue } }
        }
    }

    private var pairs: [Pair] = []
    private var nextNumber: UInt64 = 0

    var isEmpty: Bool { pairs.isEmpty }

    /// How many descriptors are held.
    package var heldCount: Int {
        pairs.reduce(0) { $0 + ($1.read.descriptor == nil ? 0 : 1) + ($1.write.descriptor == nil ? 0 : 1) }
    }

    /// Takes in both ends of a new pair; they are owned here until they are delivered.
    package mutating func add(read: any PassableDescriptor, write: any PassableDescriptor, _ charge: Charge? = nil) {
        pairs.append(Pair(number: nextNumber, read: .here(read), write: .here(write), charge: charge))
        nextNumber += 1
    }

    /// Takes in what was left of a pair, on nobody's account.
    mutating func add(_ rest: PartialPair) {
        func place(_ end: (any PassableDescriptor)?) -> Place { end.map(Place.here) ?? .gone }
        pairs.append(Pair(number: nextNumber, read: place(rest.read), write: place(rest.write), charge: nil))
        nextNumber += 1
    }

    /// The ends that wait for their takers, the oldest pair first.
    var waiting: [PartialPair] {
        pairs.map { PartialPair(read: $0.read.descriptor, write: $0.write.descriptor) }
            .filter { $0.read != nil || $0.write != nil }
    }

    /// Takes the oldest end of this side, of those that are chosen from. Writing ends that nobody can read from any more are
    /// closed on the way: whoever got
    /// one would be told that its reader has gone, while another waits.
    ///
    /// - Parameter charge: asked where the other end is to be kept for this taker from now on.
    mutating func take(
        _ side: Side, _ choice: Choice = .any, for account: Account,
        isAbandoned: (any PassableDescriptor, Side) -> Bool, charge: () -> Charge?
    ) -> Taken {
        if case .partner(let end) = choice,
            let place = pairs.firstIndex(where: { $0.number == end.pair }),
            let descriptor = pairs[place][side].descriptor
        {
            pairs[place][side] = .out
            return .end(descriptor, End(pair: end.pair, side: side))
        }
        if side == .write { closeAbandoned(of: nil, .write, isAbandoned) }
        var taken = Taken.none
        for place in pairs.indices {
            guard let descriptor = pairs[place][side].descriptor else { continue }
            if case .whole = choice, pairs[place][side == .read ? .write : .read].descriptor == nil { continue }
            if pairs[place][side == .read ? .write : .read].descriptor != nil, pairs[place].charge?.account != account {
                guard let own = charge() else {
                    taken = .usedUp
                    continue
                }
                pairs[place].charge = own
            }
            pairs[place][side] = .out
            return .end(descriptor, End(pair: pairs[place].number, side: side))
        }
        return taken
    }

    /// Closes ends whose other ends were delivered and that nobody has any more: they lead nowhere.
    ///
    /// - Parameter account: only those that are kept on it; nil: all.
    mutating func closeAbandoned(
        of account: Account?, _ side: Side, _ isAbandoned: (any PassableDescriptor, Side) -> Bool
    ) {
        pairs.removeAll { pair in
            guard account == nil || pair.charge?.account == account, let descriptor = pair[side].descriptor,
                pair[side == .read ? .write : .read].isGone
            else { return false }
            return isAbandoned(descriptor, side)
        }
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
