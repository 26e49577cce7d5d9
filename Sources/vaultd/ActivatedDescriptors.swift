// SPDX-License-Identifier: Apache-2.0

import Descriptors

/// What the service manager handed over, by name: the broker's own sockets, and what an earlier run of the broker gave it
/// to keep (`FDSTORE=1` of sd_notify(3)).
struct ActivatedDescriptors {
    /// Where clients connect.
    let listening: [ActivationSockets.Entry]
    let kept: [ActivationSockets.Entry]

    /// `FileDescriptorName=` of the shipped socket is `vault`; that of one without a name is its unit's, and managers
    /// without names leave it `unknown`.
    init(_ entries: [ActivationSockets.Entry]) {
        func isOwnSocket(_ name: String) -> Bool {
            name == "vault" || name == "unknown" || name.hasSuffix(".socket")
        }
        listening = entries.filter { isOwnSocket($0.name) }
        kept = entries.filter { !isOwnSocket($0.name) }
    }
}
