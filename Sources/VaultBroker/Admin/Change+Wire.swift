// SPDX-License-Identifier: Apache-2.0

import VaultInterface
import VaultPolicy

extension Change {
    var onWire: AdminInterface.Change { .init(kind: kind.rawValue, before: before, after: after) }
}
