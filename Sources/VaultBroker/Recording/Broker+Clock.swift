// SPDX-License-Identifier: Apache-2.0

import Records
import Varlink
import VaultCore
import VaultInterface
import VaultLedger
import VaultModel

/// The wall clock, which anybody with the right can set, and what is believed of it.
///
/// The times of a rule run on the boot clock, from the moment at which it was applied, for as long as that boot lasts. All
/// else goes by the wall clock; while that shows less than the newest record, permits with times do not match and
/// forbids do.
extension Broker {
    /// A wall clock that has been set back is said once; it is recorded by then.
    func clockIsSetBack() {
        log.warning("the wall clock has been set back; rules with times do not permit until it has caught up")
    }

    /// Takes the wall clock for right as it is, though records have later times.
    func acceptClock(
        _ parameters: AdminInterface.AcceptClock.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.AcceptClock.Reply {
        let moment = Moment.now()
        guard !journal.isTrusted(moment) else {
            throw refusal("the wall clock is not behind what was recorded", "go on: rules with times hold as they are")
        }
        let newest = journal.newestUSec
        let acceptance = Record.clockAccept(
            peer: session.authorText, reason: parameters.reason, newestUSec: newest,
            acceptedUSec: moment.wallUSec)
        let index = try await record(acceptance)
        journal.acceptClock(moment.wallUSec)
        core.policy.moveOn()
        return .init(record: Int(index))
    }

    /// What `Status` says of the clock.
    var clockProblem: StatusProblem? {
        let moment = Moment.now()
        guard !journal.isTrusted(moment) else { return nil }
        let behind = DurationText.text(
            journal.newestUSec.saturatingSubtracting(moment.wallUSec) / 1_000_000 * 1_000_000)
        return .init(
            "the wall clock is \(behind) behind the newest record: rules with times do not permit",
            remedy: "set the clock (date, timedatectl); if it is right as it is, vault audit accept-clock")
    }
}
