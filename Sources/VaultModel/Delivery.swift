// SPDX-License-Identifier: Apache-2.0

/// How a descriptor is handed out.
package enum Delivery: String, CaseIterable, Sendable {
    /// An open file description of its own, with no more than the granted rights.
    case fresh

    /// The open file description that the broker holds.
    case shared

    /// A forwarder that the broker can cut.
    case relay

    /// A description that the kernel can revoke, one for each grantee.
    case revocable
}
