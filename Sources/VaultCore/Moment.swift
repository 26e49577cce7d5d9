// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// One reading of both clocks, in microseconds: the wall clock (`CLOCK_REALTIME`), which people read and which can be
/// set, and the boot clock (`CLOCK_BOOTTIME`), which only runs.
package struct Moment: Sendable, Equatable {
    package var wallUSec: Int64
    package var bootUSec: Int64

    package init(wallUSec: Int64, bootUSec: Int64) {
        self.wallUSec = wallUSec
        self.bootUSec = bootUSec
    }

    /// nil unless both are there.
    package init?(wallUSec: Int64?, bootUSec: Int64?) {
        guard let wallUSec, let bootUSec else { return nil }
        self.init(wallUSec: wallUSec, bootUSec: bootUSec)
    }

    package func advanced(byUSec usec: Int64) -> Moment {
        Moment(wallUSec: wallUSec.saturatingAdding(usec), bootUSec: bootUSec.saturatingAdding(usec))
    }

    /// The moment at which the wall clock says something else, as far as both clocks go.
    package func moved(toWallUSec usec: Int64) -> Moment {
        Moment(wallUSec: usec, bootUSec: bootUSec.saturatingAdding(usec.saturatingSubtracting(wallUSec)))
    }
}
