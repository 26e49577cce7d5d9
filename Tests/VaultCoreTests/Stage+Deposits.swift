// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel

@testable import VaultCore

extension Stage: DepositPort {
    func judge(_ descriptor: any PassableDescriptor) -> Result<JudgedDeposit, InvalidDeposit> {
        judged ?? .success(JudgedDeposit(holding: TestHolding(), type: "pipe", rights: .read, flags: 0))
    }

    func keeps(_ holding: any Holding, id: String) { keptDeposits.insert(id) }
    func gaveUp(id: String) { keptDeposits.remove(id) }
    func kept(_ stored: StoredDeposit) -> Result<JudgedDeposit, InvalidDeposit>? {
        keptOver.removeValue(forKey: stored.id)
    }
    func dropRest() -> [String] {
        defer { keptOver = [:] }
        return keptOver.keys.sorted()
    }
}

/// Opens, commits, and gives back what was granted.
func granted(_ stage: Stage, _ caller: TestCaller, _ names: [String] = ["a"]) -> OpenCall {
    let answer = stage.open(caller, names)
    stage.commitAll()
    return answer.call
}
