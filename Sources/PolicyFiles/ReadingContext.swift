// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// What the readers of all parts of a run share.
final class ReadingContext {
    let problems = ProblemList()
    let names: NameLookup
    let zones: ZoneLookup

    /// Whether what is read was accepted before, so that what a later version refuses is kept with a warning: rules must
    /// not get lost because a file of theirs says more than is done.
    let isStored: Bool

    init(names: some NameResolver, zones: some ZoneSource, isStored: Bool = false) {
        self.names = NameLookup(names)
        self.zones = ZoneLookup(zones, acceptsUnknown: isStored)
        self.isStored = isStored
    }

    /// Reports a key or value that nothing would act on.
    func refuse(_ message: String, remedy: String, at place: Place) {
        problems.add(message, remedy: remedy, at: place, severity: isStored ? .warning : .error)
    }
}
