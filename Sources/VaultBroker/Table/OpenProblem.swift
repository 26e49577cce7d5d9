// SPDX-License-Identifier: Apache-2.0

import Descriptors
import OpenerWire
import SystemPackage
import VaultCore

extension OpenProblem {
    init(_ errno: Errno, _ explanation: String? = nil) {
        self.init(errno, name: errno.name, explanation)
    }

    /// What the opener said.
    init(_ failure: OpenerFailure) {
        self.init(
            failure.errno, name: failure.errno.name, failure.reason == .none ? nil : failure.description,
            openerReason: failure.reason.rawValue)
    }

    /// What the opener added to the errno, where it was the opener that said it.
    var reason: OpenerReason { OpenerReason(rawValue: openerReason) ?? .none }
}
