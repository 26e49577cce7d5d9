// SPDX-License-Identifier: Apache-2.0

/// A named thing that the broker holds, or opens for each grant, and may hand out.
package struct Capability: Sendable, Equatable {
    package var name: CapabilityName
    package var source: CapabilitySource
    package var rights: Rights
    package var delivery: Delivery
    package var opening: Opening

    /// Where it was written; nil when it came over the socket.
    package var place: Place?

    /// What is nil is the usual of the source.
    package init(
        name: CapabilityName, source: CapabilitySource, rights: Rights? = nil, delivery: Delivery? = nil,
        opening: Opening? = nil, place: Place? = nil
    ) {
        self.name = name
        self.source = source
        self.rights = rights ?? source.usualRights
        self.delivery = delivery ?? source.deliveries[0]
        self.opening = opening ?? source.openings[0]
        self.place = place
    }

    package var kind: CapabilityKind { source.kind }
}
