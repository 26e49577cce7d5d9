// SPDX-License-Identifier: Apache-2.0

import Descriptors
import VaultBroker

/// What the service manager handed over, by name: the broker's own sockets, and what an earlier run of the broker gave it
/// to keep (`FDSTORE=1` of sd_notify(3)).
struct ActivatedDescriptors {
    /// Where clients connect.
    let listening: [ActivationSockets.Entry]
    let kept: KeptDescriptors

    /// `FileDescriptorName=` of the shipped socket is `vault`; that of one without a name is its unit's, and managers
    /// without names leave it `unknown`.
    init(_ entries: [ActivationSockets.Entry]) {
        func isOwnSocket(_ name: String) -> Bool {
            name == "vault" || name == "unknown" || (name.hasSuffix(".socket") && !KeptDescriptors.isName(name))
        }
        listening = entries.filter { isOwnSocket($0.name) }
        kept = KeptDescriptors(entries.filter { !isOwnSocket($0.name) })
    }
}
