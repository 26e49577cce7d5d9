// SPDX-License-Identifier: Apache-2.0

import Descriptors

/// One reading of both clocks, in microseconds: the wall clock (`CLOCK_REALTIME`), which people read and which can be
/// set, and the boot clock (`CLOCK_BOOTTIME`), which only runs.
struct Moment: Sendable, Equatable {
    var wallUSec: Int64
    var bootUSec: Int64

    static func now() -> Moment {
        Moment(wallUSec: SystemClock.wallTimeUSec(), bootUSec: SystemClock.bootTimeUSec())
    }

    /// The moment at which the wall clock says something else, as far as both clocks go.
    func moved(toWallUSec usec: Int64) -> Moment {
        Moment(wallUSec: usec, bootUSec: bootUSec.saturatingAdding(usec.saturatingSubtracting(wallUSec)))
    }
}
