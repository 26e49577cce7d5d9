// SPDX-License-Identifier: Apache-2.0

import PolicyFiles
import VaultInterface
import VaultModel

extension PolicyProblem {
    /// As `ApplyPolicy` and `PolicyRefused` tell it. A warning says so.
    var onWire: AdminInterface.Problem {
        .init(
            path: path, line: line, column: column, message: severity == .warning ? "warning: \(message)" : message,
            remedy: remedy)
    }
}
