// SPDX-License-Identifier: Apache-2.0

import VaultCore
import VaultModel

/// What the service manager kept of what clients had passed in.
extension Checker {
    /// The broker of this life was handed this as what was deposited; it may be something else.
    func isHandedOver(_ id: String, _ descriptor: SimDescriptor) {
        guard let deposit = deposits.known[id] else { return }
        deposit.isHandedOver = deposit.description == descriptor.description
        deposit.descriptor = deposit.isHandedOver ? descriptor : nil
    }

    /// The other end of one does.
    func hangsUp(_ id: String) { deposits.known[id]?.isHungUp = true }

    /// It was handed this, and nothing of that name is deposited.
    func isStray(_ id: String) {
        if deposits.open[id] != nil { found(.deposits, "\(id) is given up, and no record says that it has gone") }
        deposits.strays.insert(id)
    }

    /// A `restore` record is durable.
    func comesBack(_ told: DurableRecord.Deposited, _ record: DurableRecord) {
        if let stray = told.stray {
            deposits.strays.remove(stray)
            return
        }
        guard let deposit = deposits.open[told.id] else {
            return found(.deposits, "record \(record.index): \(told.id) comes back, and has gone")
        }
        if deposit.isHeld { found(.deposits, "record \(record.index): \(told.id) comes back, and is held") }
        guard told.isKept else { return }
        if !deposit.isHandedOver { found(.deposits, "record \(record.index): \(told.id) is not what was deposited") }
        deposit.restored = record.index
    }

    /// The log is opened again: a return whose record was not answered is recorded once more.
    func isOpenedAgain() { for deposit in deposits.open.values where !deposit.isHeld { deposit.restored = nil } }

    /// Nothing is under way any more.
    func lookAtRestoredAtRest() {
        if !deposits.strays.isEmpty {
            found(.deposits, "\(deposits.strays.sorted()) were closed, and no record says so")
        }
    }
}
