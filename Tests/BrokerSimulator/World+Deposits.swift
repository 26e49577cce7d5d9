// SPDX-License-Identifier: Apache-2.0

import Records
import VaultCore
import VaultModel

/// What clients pass in, as the core sees it.
extension World: DepositPort {
    func judge(_ descriptor: any PassableDescriptor) -> Result<JudgedDeposit, InvalidDeposit> {
        .failure(InvalidDeposit("nothing is deposited here"))
    }

    func keeps(_ holding: any Holding, id: String) {}
    func gaveUp(id: String) {}
}
