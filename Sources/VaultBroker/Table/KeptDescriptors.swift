// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Synchronization

/// What the service manager kept of an earlier run, until the broker takes it: in a box, so that nobody on the way still
/// has a descriptor that the broker closes.
package final class KeptDescriptors: Sendable {
    private let entries: Mutex<[ActivationSockets.Entry]>

    /// Whether a descriptor of this name is one that a broker had the manager keep, whatever is held under it, or handed over.
    package static func isName(_ name: String) -> Bool {
        ListenerStore.hasStored(name) || isForeign(name) || HandedTable.isName(name) || CredentialGuard.hasStored(name)
    }

    /// Whether what has this name may hang at its end: it came from a client, or lies on whatever file system.
    package static func isForeign(_ name: String) -> Bool {
        DepositStore.hasStored(name) || HandedTable.isHeld(name)
    }

    package init(_ entries: [ActivationSockets.Entry]) {
        self.entries = Mutex(entries)
    }

    /// All of them, once.
    func take() -> [ActivationSockets.Entry] {
        entries.withLock { entries in
            defer { entries = [] }
            return entries
        }
    }
}
