// SPDX-License-Identifier: Apache-2.0

internal import JSONText
internal import VaultModel

extension Record {
    /// What is held of a file was opened anew, or read anew into memory: who asks from here on gets that.
    package struct Renewal: Sendable, Equatable {
        /// The most entries of `grants`.
        package static let mostGrants = 64

        /// Why it was looked at.
        package enum Cause: String, Sendable, CaseIterable {
            /// The file was replaced, or written.
            case changed
            /// Somebody asked for it.
            case asked
            /// At a reload it was found to be stale.
            case reload
        }

        /// nil where nobody asked.
        package var request: String?
        package var policy: PolicyStamp?
        package var peer: PeerText?
        package var capability: CapabilityText
        package var reason: String?
        /// What the path leads to now; nil where nothing is held, or it has no place in a file system.
        package var opened: Opened?
        /// What it led to before.
        package var former: Opened?
        /// The grants with leases that have not ended, whose holders have something else than what is held now.
        package var grants: [UInt64]
        /// How many more there are.
        package var grantsMore: Int
        package var why: String

        package init(
            request: String? = nil, policy: PolicyStamp? = nil, peer: PeerText? = nil, capability: CapabilityText,
            reason: String? = nil, opened: Opened?, former: Opened?, grants: [UInt64], why: Cause
        ) {
            self.request = request
            self.policy = policy
            self.peer = peer
            self.capability = capability
            self.reason = reason
            self.opened = opened
            self.former = former
            self.grants = Array(grants.prefix(Self.mostGrants))
            grantsMore = grants.count - self.grants.count
            self.why = why.rawValue
        }

        init(_ stored: StoredRecord) throws(Missing) {
            request = stored.request
            policy = stored.policy
            peer = stored.peerText
            capability = try stored.require(stored.capability)
            reason = stored.reason
            opened = Opened(stored)
            former = Opened(stored, "former")
            grants = (stored["grants"]?.array ?? []).compactMap { $0.integer.flatMap(UInt64.init(exactly:)) }
            grantsMore = stored.number("grantsMore") ?? 0
            why = try stored.require("why")
        }

        func write(to text: inout RecordText) {
            text.text("request", request)
            text.policy(policy)
            text.peer(peer)
            text.capability(capability)
            text.text("reason", reason)
            text.opened(opened)
            text.opened(former, as: "former")
            text.value("grants", grants)
            if grantsMore > 0 { text.value("grantsMore", grantsMore) }
            text.value("why", why)
        }
    }
}
