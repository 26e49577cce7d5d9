// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// A walk over the names of the table in their order, for somebody who asks what there is: in pieces, each in a turn of the
/// loop of its own, so that nobody waits for all of it. A piece has as many names as about half a millisecond admits, whatever is
/// done with each of them.
///
/// What may be seen is decided for each piece when it is taken, by the policy and the clock of then. What is declared
/// meanwhile behind the place where the walk is will be met, and what is removed will not.
package struct NameWalk {
    /// So many names are looked at in the first piece, however few of them may be seen.
    package static let namesAtFirst = 16
    /// The bounds of the later ones.
    package static let bounds = 8...500
    /// How long a piece should take, in microseconds.
    package static let usecPerPiece: Int64 = 500

    private var namesAtOnce = Self.namesAtFirst
    private let pattern: NamePattern?
    /// The last name that was looked at.
    private var last: CapabilityName?
    /// Whether there was no name behind the last piece when it was taken.
    package private(set) var isAtEnd = false

    /// - Parameter pattern: nil: all names.
    package init(_ pattern: NamePattern?) { self.pattern = pattern }

    /// The next piece.
    /// - Parameter isMeant: what is looked at besides; asked before it is decided whether it may be seen.
    /// - Returns: what may be seen of it, in the order of the names; often less than was looked at, or nothing.
    package mutating func next(
        in holdings: Holdings, by policy: PolicyRoom, for identity: Identity, _ moment: Moment,
        where isMeant: (CapabilityEntry) -> Bool = { _ in true }
    ) -> [CapabilityEntry] {
        let piece = advance(holdings)
        var visible = policy.visible(to: identity, moment)
        return piece.filter { entry in
            let name = entry.capability.name
            return isMeant(entry) && (pattern?.matches(name) ?? true) && visible.contains(name)
        }
    }

    /// The next piece for who gets what is meant, and need not be able to see it.
    package mutating func next(in holdings: Holdings, where isMeant: (CapabilityEntry) -> Bool) -> [CapabilityEntry] {
        advance(holdings).filter { (pattern?.matches($0.capability.name) ?? true) && isMeant($0) }
    }

    /// How long the last piece took, with all that was done with its names, in microseconds: the next is as large as it may be.
    package mutating func took(_ usec: Int64) {
        let fitting = Int(clamping: Int64(namesAtOnce) * Self.usecPerPiece / max(1, usec))
        namesAtOnce = min(max(fitting, Self.bounds.lowerBound), Self.bounds.upperBound, 2 * namesAtOnce)
    }

    private mutating func advance(_ holdings: Holdings) -> ArraySlice<CapabilityEntry> {
        let piece = holdings.sorted(behind: last).prefix(namesAtOnce)
        last = piece.last?.capability.name ?? last
        isAtEnd = piece.endIndex == holdings.count
        return piece
    }
}
