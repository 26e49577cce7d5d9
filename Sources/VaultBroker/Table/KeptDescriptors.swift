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

    /// Where no broker starts: has connections over which credentials were being read fail, which the service manager would let
    /// end with the last attempt. Blocks until that is read, so long at most.
    package func failCredentials(within limit: Duration = .seconds(5)) {
        let connections = take().filter { CredentialGuard.hasStored($0.name) }
        guard !connections.isEmpty, let loop = try? EventLoop() else { return }
        let failed = FailedCredentials(loop)
        for connection in connections { failed.add(connection.descriptor, of: nil) }
        let end = BootTime.now.advanced(by: limit)
        while !failed.isEmpty, BootTime.now < end {
            _ = loop.timer(after: .milliseconds(10)) { loop.stop() }
            loop.run()
        }
    }

    /// All of them, once.
    func take() -> [ActivationSockets.Entry] {
        entries.withLock { entries in
            defer { entries = [] }
            return entries
        }
    }
}
