// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// What the readers of all parts of a run share.
final class ReadingContext {
    let problems = ProblemList()
    let names: NameLookup
    let zones: ZoneLookup

    init(names: NameLookup, zones: ZoneLookup) {
        self.names = names
        self.zones = zones
    }
}
