// SPDX-License-Identifier: Apache-2.0

internal import JSONText

/// What records about deposits tell: how it is written, and how it is read.
extension Record {
    /// A deposit as a record names it. What a record does not tell is nil.
    package struct DepositText: Sendable, Equatable, JSONWritable {
        /// Of no other deposit, ever.
        package var id: String
        /// What the descriptor is, such as `pipe` or `tcp-listener`.
        package var type: String?
        /// When it goes by itself, `CLOCK_REALTIME` in microseconds.
        package var expiresUSec: Int64?
        /// The id of the deposit in whose place it is.
        package var replaces: String?

        package init(id: String, type: String? = nil, expiresUSec: Int64? = nil, replaces: String? = nil) {
            self.id = id
            self.type = type
            self.expiresUSec = expiresUSec
            self.replaces = replaces
        }

        init?(_ stored: StoredRecord) {
            guard let deposit = stored["deposit"], let id = deposit["id"]?.string else { return nil }
            self.init(
                id: id, type: deposit["type"]?.string, expiresUSec: deposit["expiresUSec"]?.integer,
                replaces: deposit["replaces"]?.string)
        }

        func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("id", id)
            writer.member("type", type)
            writer.member("expiresUSec", expiresUSec)
            writer.member("replaces", replaces)
            writer.endObject()
        }
    }

    /// What a client passed in is held under a name.
    package struct Deposit: Sendable, Equatable {
        package var request: String
        package var policy: PolicyStamp
        package var peer: PeerText
        package var capability: CapabilityText
        /// As in ``Grant``.
        package var rules: [String]
        package var rulesMore = 0
        package var charged: String?
        package var deposit: DepositText
        /// Which file it is.
        package var opened: Opened?

        package init(
            request: String, policy: PolicyStamp, peer: PeerText, capability: CapabilityText, rules: [String],
            charged: String? = nil, deposit: DepositText, opened: Opened? = nil
        ) {
            self.request = request
            self.policy = policy
            self.peer = peer
            self.capability = capability
            self.rules = rules
            self.charged = charged
            self.deposit = deposit
            self.opened = opened
        }

        init(_ stored: StoredRecord) throws(Missing) {
            self.init(
                request: try stored.require("request"), policy: try stored.require(stored.policy),
                peer: try stored.require(stored.peerText), capability: try stored.require(stored.capability),
                rules: stored.rules, charged: stored.charged, deposit: try stored.require(DepositText(stored)),
                opened: Opened(stored))
            rulesMore = stored.number("rulesMore") ?? 0
        }

        func write(to text: inout RecordText) {
            text.text("request", request)
            text.policy(policy)
            text.peer(peer)
            text.capability(capability)
            text.permit(rules, more: rulesMore, charged: charged)
            text.opened(opened)
            text.value("deposit", deposit)
        }
    }

    /// A deposit goes.
    package struct DepositEnd: Sendable, Equatable {
        /// nil where nobody asked.
        package var request: String?
        package var policy: PolicyStamp?
        package var peer: PeerText?
        package var capability: CapabilityText
        package var deposit: DepositText
        /// The index of the record of its deposit.
        package var deposited: UInt64
        /// The index of the grant by which it was taken.
        package var grant: UInt64?
        /// Why, where nobody took it.
        package var why: String?

        package init(
            request: String? = nil, policy: PolicyStamp? = nil, peer: PeerText? = nil, capability: CapabilityText,
            deposit: DepositText, deposited: UInt64, grant: UInt64? = nil, why: String? = nil
        ) {
            self.request = request
            self.policy = policy
            self.peer = peer
            self.capability = capability
            self.deposit = deposit
            self.deposited = deposited
            self.grant = grant
            self.why = why
        }

        init(_ stored: StoredRecord) throws(Missing) {
            self.init(
                request: stored.request, policy: stored.policy, peer: stored.peerText,
                capability: try stored.require(stored.capability), deposit: try stored.require(DepositText(stored)),
                deposited: try stored.require("deposited"), grant: stored.number("grant"), why: stored.text("why"))
        }

        func write(to text: inout RecordText) {
            text.text("request", request)
            text.policy(policy)
            text.peer(peer)
            text.capability(capability)
            text.value("deposit", deposit)
            text.value("deposited", deposited)
            text.value("grant", grant)
            text.value("why", why)
        }
    }
}
