// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel

/// Which capabilities are to be looked at since something has happened to their files, and when.
///
/// A burst of changes is one look, when it has been quiet for a moment or has lasted for long enough. What changes without end,
/// or cannot be opened anew, is looked at less and less often.
package struct Renewals {
    /// So long nothing must have happened (boot clock, in microseconds, like all here), and so long is waited for that.
    package static let quietUSec: Int64 = 200_000
    package static let patienceUSec: Int64 = 2_000_000
    /// The pause behind a renewal or a failure: twice as long for each that follows soon, up to the longest.
    package static let firstPauseUSec: Int64 = 500_000
    package static let longestPauseUSec: Int64 = 64_000_000

    private struct Change {
        var firstUSec: Int64
        var lastUSec: Int64
    }

    private struct Pause {
        var lengthUSec: Int64
        var endUSec: Int64
    }

    private var changes: [CapabilityName: Change] = [:]
    private var pauses: [CapabilityName: Pause] = [:]

    package init() {}

    package var count: Int { changes.count }

    /// Something has happened.
    package mutating func changed(_ name: CapabilityName, at now: Int64) {
        changes[name, default: Change(firstUSec: now, lastUSec: now)].lastUSec = now
    }

    /// Takes those that are due, the longest waiting first.
    package mutating func takeDue(at now: Int64, most: Int) -> [CapabilityName] {
        guard !changes.isEmpty else { return [] }
        let due = changes.filter { name, change in
            let isQuiet = now - change.lastUSec >= Self.quietUSec || now - change.firstUSec >= Self.patienceUSec
            return isQuiet && !isPaused(name, at: now)
        }
        let taken = due.sorted { ($0.value.firstUSec, $0.key) < ($1.value.firstUSec, $1.key) }.prefix(most).map(\.key)
        for name in taken { changes[name] = nil }
        return taken
    }

    /// Whether it is to be let be for a while.
    package func isPaused(_ name: CapabilityName, at now: Int64) -> Bool {
        pauses[name].map { now < $0.endUSec } ?? false
    }

    /// It was opened anew.
    package mutating func renewed(_ name: CapabilityName, at now: Int64) { pause(name, now) }

    /// It could not be: it is looked at again, though nothing may happen.
    /// - Returns: whether it is the first time in a while.
    package mutating func failed(_ name: CapabilityName, at now: Int64) -> Bool {
        let isFirst = pause(name, now)
        changed(name, at: now)
        return isFirst
    }

    @discardableResult
    private mutating func pause(_ name: CapabilityName, _ now: Int64) -> Bool {
        // A pause that was over for as long as it had lasted is forgotten.
        let length = pauses[name].flatMap { now < $0.endUSec + $0.lengthUSec ? $0.lengthUSec * 2 : nil }
        let next = min(length ?? Self.firstPauseUSec, Self.longestPauseUSec)
        pauses[name] = Pause(lengthUSec: next, endUSec: now + next)
        return length == nil
    }

    /// Forgets the names that are gone, and pauses that mean nothing any more.
    package mutating func keep(at now: Int64, where isThere: (CapabilityName) -> Bool) {
        changes = changes.filter { isThere($0.key) }
        pauses = pauses.filter { isThere($0.key) && now < $0.value.endUSec + $0.value.lengthUSec }
    }
}

/// Who asked for a renewal, as its record tells it.
package struct RenewalAuthor {
    package var request: String
    package var policy: PolicyStamp
    package var peer: PeerText
    package var reason: String?

    package init(request: String, policy: PolicyStamp, peer: PeerText, reason: String?) {
        self.request = request
        self.policy = policy
        self.peer = peer
        self.reason = reason
    }
}

extension Lease {
    /// Whether what was granted is something else than this, as far as is known.
    package func isOutdated(by opened: Record.Opened?) -> Bool {
        guard let own = self.opened, let opened else { return false }
        return !own.isSameContent(as: opened)
    }
}
