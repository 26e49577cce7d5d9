// SPDX-License-Identifier: Apache-2.0

import Descriptors
import VaultCore

extension Moment {
    /// Both clocks now.
    static func now() -> Moment {
        Moment(wallUSec: SystemClock.wallTimeUSec(), bootUSec: SystemClock.bootTimeUSec())
    }
}
