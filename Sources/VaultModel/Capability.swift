// SPDX-License-Identifier: Apache-2.0

/// A named thing that the broker holds, or opens for each grant, and may hand out.
package struct Capability: Sendable, Equatable {
    package var name: CapabilityName
    package var source: CapabilitySource
    package var rights: Rights
    package var delivery: Delivery
    package var opening: Opening
    /// When what is held is opened anew; nil for kinds of which nothing is.
    package var renewal: Renewal?

    /// Where it was written; nil when it came over the socket.
    package var place: Place?

    /// What is nil is the usual of the source.
    package init(
        name: CapabilityName, source: CapabilitySource, rights: Rights? = nil, delivery: Delivery? = nil,
        opening: Opening? = nil, renewal: Renewal? = nil, place: Place? = nil
    ) {
        self.name = name
        self.source = source
        self.rights = rights ?? source.usualRights
        self.delivery = delivery ?? source.deliveries[0]
        self.opening = opening ?? source.openings[0]
        self.renewal = renewal ?? source.renewals.first
        self.place = place
    }

    package var kind: CapabilityKind { source.kind }
}

/// How a descriptor is handed out.
package enum Delivery: String, CaseIterable, Sendable {
    /// An open file description of its own, with no more than the granted rights.
    case fresh

    /// The open file description that the broker holds.
    case shared
}

/// When the broker opens what a capability names.
package enum Opening: String, CaseIterable, Sendable {
    case atStart = "at-start"
    case onFirstUse = "on-first-use"
    case eachGrant = "each-grant"
}

/// When the broker opens anew what it holds of a file.
package enum Renewal: String, CaseIterable, Sendable {
    /// When the path names another file.
    case replaced
    /// Then, and when the file is written.
    case written
    /// When somebody asks for it, or at a reload.
    case asked
}
