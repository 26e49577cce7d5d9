// SPDX-License-Identifier: Apache-2.0

import Records
import VaultLedger
import VaultModel

/// Why a lease ends without its holder's having asked for it.
enum LeaseEnd: String {
    /// Its time has come.
    case time
    /// The rule permits it no longer.
    case revoked
    /// There is no such capability any more.
    case removed
    /// The machine was started anew.
    case reboot
    /// The process that got it has ended.
    case exit
    /// The process that got it was not there any more when the broker started.
    case gone

    /// How it is recorded.
    func record(_ event: Record.LeaseEvent) -> Record {
        switch self {
        case .time, .revoked, .removed, .reboot: .leaseExpire(event)
        case .exit, .gone: .holderExit(event)
        }
    }
}
