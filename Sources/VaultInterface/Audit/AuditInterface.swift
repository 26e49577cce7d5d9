// SPDX-License-Identifier: Apache-2.0

/// `io.vaultd.Audit`: read the audit log.
package enum AuditInterface {
    package static let name = "io.vaultd.Audit"

    /// The text of the interface file, as `GetInterfaceDescription` returns it.
    package static let description = String(decoding: PackageResources.io_vaultd_Audit_varlink, as: UTF8.self)
}
