// SPDX-License-Identifier: Apache-2.0

import VaultModel

extension Deposit {
    /// Whether somebody is about to have it for itself.
    package var isTaken: Bool { isReserved(for: nil) }

    /// Whether nobody else may end it, or begin to take it.
    var isBusy: Bool { isGoing || isTaken }

    /// Whether another call's caller has it, and may have it for itself.
    func isOut(to other: OpenCall) -> Bool { taking.map { $0.isSent && $0.call !== other } ?? false }

    /// Whether its time has not come. A busy broker is late with its timers.
    package func lasts(at moment: Moment) -> Bool {
        guard let expires, !isPlanted(.expiredDepositGranted) else { return true }
        return moment.bootUSec < expires.bootUSec
    }
}
