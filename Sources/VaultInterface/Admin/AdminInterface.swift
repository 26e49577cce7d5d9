// SPDX-License-Identifier: Apache-2.0

/// `io.vaultd.Admin`: administer rules, capabilities and the daemon.
package enum AdminInterface {
    package static let name = "io.vaultd.Admin"

    /// The text of the interface file, as `GetInterfaceDescription` returns it.
    package static let description = String(decoding: PackageResources.io_vaultd_Admin_varlink, as: UTF8.self)
}
