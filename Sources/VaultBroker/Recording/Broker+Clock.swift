// SPDX-License-Identifier: Apache-2.0

import Records
import Varlink
import VaultInterface
import VaultLedger
import VaultModel

/// The wall clock, which anybody with the right can set, and what is believed of it.
///
/// The times of a rule run on the boot clock, from the moment at which it was applied, for as long as that boot lasts. All
/// else goes by the wall clock; while that shows less than the newest record, permits with times do not match and
/// forbids do.
extension Broker {
    /// How far the wall clock may be behind the newest record before it counts as set back, in microseconds: time
    /// daemons correct by less.
    static let clockSlackUSec: Int64 = 1_000_000

    /// Whether the wall clock is not behind what was recorded before.
    func isTrusted(_ moment: Moment) -> Bool {
        moment.wallUSec >= recording.newestUSec.saturatingSubtracting(Self.clockSlackUSec)
    }

    /// This moment on both clocks, for the times of rules that are applied now; nil while the wall clock is not to be
    /// trusted, since the rule would be tied to a wrong time for as long as the machine runs.
    func currentAnchor() -> TimeAnchor? {
        let moment = Moment.now()
        guard isTrusted(moment) else { return nil }
        return TimeAnchor(bootID: bootID, bootUSec: moment.bootUSec, wallUSec: moment.wallUSec)
    }

    /// A wall clock that has been set back is recorded once.
    ///
    /// Looked at between requests, so that no record comes between an index that was read and its record.
    func noteClock(_ moment: Moment) {
        guard recording.isWorking else { return }
        let isBehind = !isTrusted(moment)
        guard isBehind != recording.isClockBehind else { return }
        recording.isClockBehind = isBehind
        guard isBehind else { return }
        let newest = recording.newestUSec
        log.warning("the wall clock has been set back; rules with times do not permit until it has caught up")
        append(.clockStep(newestUSec: newest), at: moment)
    }

    /// Takes the wall clock for right as it is, though records have later times.
    func acceptClock(
        _ parameters: AdminInterface.AcceptClock.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.AcceptClock.Reply {
        let moment = Moment.now()
        guard !isTrusted(moment) else {
            throw refusal("the wall clock is not behind what was recorded", "go on: rules with times hold as they are")
        }
        let newest = recording.newestUSec
        let changes = { (_: UInt64) in [StateChange.clockAccepted(usec: moment.wallUSec)] }
        let index = try await record(
            .clockAccept(
                .init(
                    peer: session.author ?? session.peerText, reason: parameters.reason, newestUSec: newest,
                    acceptedUSec: moment.wallUSec)), changes: changes)
        recording.acceptClock(moment.wallUSec)
        generation += 1
        return .init(record: Int(index))
    }

    /// What `Status` says of the clock.
    var clockProblem: StatusProblem? {
        let moment = Moment.now()
        guard !isTrusted(moment) else { return nil }
        let behind = DurationText.text(
            recording.newestUSec.saturatingSubtracting(moment.wallUSec) / 1_000_000 * 1_000_000)
        return .init(
            "the wall clock is \(behind) behind the newest record: rules with times do not permit",
            remedy: "set the clock (date, timedatectl); if it is right as it is, vault audit accept-clock")
    }
}
