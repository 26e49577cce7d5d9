// SPDX-License-Identifier: Apache-2.0

/// `io.vaultd.Broker`: ask for descriptors.
package enum BrokerInterface {
    package static let name = "io.vaultd.Broker"

    /// The text of the interface file, as `GetInterfaceDescription` returns it.
    package static let description = String(decoding: PackageResources.io_vaultd_Broker_varlink, as: UTF8.self)
}
