// SPDX-License-Identifier: Apache-2.0

package import VaultModel

extension Record {
    /// A descriptor is permitted, and is sent as soon as this is durable.
    package struct Grant: Sendable, Equatable {
        /// Ties together the records of one call.
        package var request: String
        package var policy: PolicyStamp
        package var peer: PeerText
        package var capability: CapabilityText
        /// The rules that made the decision, the charged one first.
        package var rules: [String]
        /// How many more there were.
        package var rulesMore = 0
        /// The rule whose counters and lease limits apply.
        package var charged: String?
        /// What the caller gave.
        package var reason: String?
        package var lease: LeaseText?
        /// Whose a copy of a secret is.
        package var copy: Copy?

        package init(
            request: String, policy: PolicyStamp, peer: PeerText, capability: CapabilityText, rules: [String],
            charged: String? = nil, reason: String? = nil, lease: LeaseText? = nil, copy: Copy? = nil
        ) {
            self.request = request
            self.policy = policy
            self.peer = peer
            self.capability = capability
            self.rules = rules
            self.charged = charged
            self.reason = reason
            self.lease = lease
            self.copy = copy
        }
    }

    /// Whose a copy of a secret is, and who may open it.
    package struct Copy: Sendable, Equatable {
        package var uid: UInt32
        package var gid: UInt32
        /// The permission bits.
        package var mode: UInt32

        package init(uid: UInt32, gid: UInt32, mode: UInt32) {
            self.uid = uid
            self.gid = gid
            self.mode = mode
        }
    }

    /// Something that the policy does not permit.
    package struct Denial: Sendable, Equatable {
        package var request: String
        package var policy: PolicyStamp
        package var peer: PeerText
        /// The name and the rights asked for; nil for what is not about a name.
        package var capability: CapabilityText?
        /// The rules that forbade it.
        package var rules: [String]
        package var rulesMore = 0
        /// What the rules about the name wanted and found.
        package var failed: [SelectorFailure]
        package var failedMore: Int
        package var reason: String?
        /// What was to be done, such as `open`; empty, as the next one, where a record that was read had no room for it.
        package var action: String
        /// Why not, such as `no-permit`.
        package var why: String
        /// What the names before this one in the same call would have been charged, by rule.
        package var chargedBefore: [String: Int]

        package init(
            request: String, policy: PolicyStamp, peer: PeerText, capability: CapabilityText?, rules: [String],
            failed: [SelectorFailure] = [], failedMore: Int = 0, reason: String? = nil, action: String, why: String,
            chargedBefore: [String: Int] = [:]
        ) {
            self.request = request
            self.policy = policy
            self.peer = peer
            self.capability = capability
            self.rules = rules
            self.failed = failed
            self.failedMore = failedMore
            self.reason = reason
            self.action = action
            self.why = why
            self.chargedBefore = chargedBefore
        }
    }

    /// Denials that got no record of their own.
    package struct DenialSummary: Sendable, Equatable {
        /// nil for all uids that are not told singly.
        package var uid: UInt32?
        package var count: UInt64
        package var firstUSec: Int64
        package var lastUSec: Int64
        /// How many of each kind: the action that was denied, or what was wrong with the connection or the message.
        package var kinds: [String: UInt64]

        package init(uid: UInt32?, count: UInt64, firstUSec: Int64, lastUSec: Int64, kinds: [String: UInt64]) {
            self.uid = uid
            self.count = count
            self.firstUSec = firstUSec
            self.lastUSec = lastUSec
            self.kinds = kinds
        }
    }

    /// A capability that could not be opened: for a call, or by itself.
    package struct OpenFailure: Sendable, Equatable {
        /// nil, as the policy and the peer, where nobody asked for it.
        package var request: String?
        package var policy: PolicyStamp?
        package var peer: PeerText?
        package var capability: CapabilityText
        /// The name of the error, such as `ENOENT`.
        package var errno: String
        /// What it means here, where that is not evident.
        package var problem: String?

        package init(
            request: String? = nil, policy: PolicyStamp? = nil, peer: PeerText? = nil, capability: CapabilityText,
            errno: String, problem: String? = nil
        ) {
            self.request = request
            self.policy = policy
            self.peer = peer
            self.capability = capability
            self.errno = errno
            self.problem = problem
        }
    }

    /// Who was refused: by uid alone, where no more is known.
    package enum RefusedCaller: Sendable, Equatable {
        case uid(UInt32)
        case peer(PeerText)
    }

    /// A lease is renewed, given back, or over.
    package struct LeaseEvent: Sendable, Equatable {
        /// nil where nobody asked.
        package var request: String?
        package var policy: PolicyStamp?
        package var peer: PeerText
        package var capability: CapabilityText
        package var lease: LeaseText
        /// The index of the grant that began it.
        package var grant: UInt64
        /// The rule that the grant was charged to.
        package var rule: String
        /// Why it ended without having been given back.
        package var why: String?

        package init(
            request: String? = nil, policy: PolicyStamp? = nil, peer: PeerText, capability: CapabilityText,
            lease: LeaseText, grant: UInt64, rule: String, why: String? = nil
        ) {
            self.request = request
            self.policy = policy
            self.peer = peer
            self.capability = capability
            self.lease = lease
            self.grant = grant
            self.rule = rule
            self.why = why
        }
    }
}
