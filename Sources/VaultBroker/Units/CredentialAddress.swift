// SPDX-License-Identifier: Apache-2.0

import Descriptors

/// What a service manager says with the address that it binds its socket to when it reads a credential from one: for which
/// unit it is, and what that calls it (systemd.exec(5), `LoadCredential=`).
///
/// Whoever connects chooses it: the unit is believed only where the kernel says the same.
struct CredentialAddress: Equatable {
    let unit: String
    /// Any bytes but a slash and a NUL.
    let credential: [UInt8]

    /// nil for what is no `NUL RANDOM /unit/ UNIT / CREDENTIAL`.
    init?(_ address: UnixAddress) {
        guard case .abstract(let name) = address else { return nil }
        let parts = name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 4, parts[1].elementsEqual("unit".utf8), !parts[3].isEmpty, !parts[3].contains(0),
            let unit = String(validating: parts[2], as: UTF8.self), !unit.isEmpty
        else { return nil }
        self.unit = unit
        credential = Array(parts[3])
    }
}
