// SPDX-License-Identifier: Apache-2.0

internal import JSONText
package import VaultModel

/// What records of one or several types tell: how it is written, and how it is read.
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
        /// What the path led to.
        package var opened: Opened?
        /// The id of the deposit that it is.
        package var deposit: String?
        /// The deposit goes when the caller says that it has the descriptor; until then nobody else gets it.
        package var isTake = false
        /// Whom a TCP connection leads to, by number.
        package var connected: String?
        /// What was delivered in place of a descriptor.
        package var content: Content?

        package init(
            request: String, policy: PolicyStamp, peer: PeerText, capability: CapabilityText, rules: [String],
            charged: String? = nil, reason: String? = nil, lease: LeaseText? = nil, copy: Copy? = nil,
            opened: Opened? = nil
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
            self.opened = opened
        }

        init(_ stored: StoredRecord) throws(Missing) {
            self.init(
                request: try stored.require("request"), policy: try stored.require(stored.policy),
                peer: try stored.require(stored.peerText), capability: try stored.require(stored.capability),
                rules: stored.rules, charged: stored.charged, reason: stored.reason, lease: stored.lease,
                copy: Copy(stored), opened: Opened(stored))
            rulesMore = stored.number("rulesMore") ?? 0
            deposit = stored["deposit"]?["id"]?.string
            isTake = stored["take"]?.bool ?? false
            connected = stored.text("connected")
            content = Content(stored)
        }

        func write(to text: inout RecordText) {
            text.text("request", request)
            text.policy(policy)
            text.peer(peer)
            text.capability(capability)
            text.permit(rules, more: rulesMore, charged: charged)
            text.text("reason", reason)
            text.lease(lease)
            text.value("copy", copy)
            text.opened(opened)
            text.value("deposit", deposit.map { DepositText(id: $0) })
            if isTake { text.member("take", true) }
            text.value("connected", connected)
            text.value("content", content)
        }
    }

    /// What a capability held, of which not a descriptor was delivered but these bytes.
    package struct Content: Sendable, Equatable, JSONWritable {
        /// The `delivery` of such a capability.
        package static let delivery = "content"

        /// In bytes.
        package var size: Int
        /// In lower-case hexadecimal digits.
        package var sha256: String

        package init(size: Int, sha256: String) {
            self.size = size
            self.sha256 = sha256
        }

        init?(_ stored: StoredRecord) {
            guard let content = stored["content"], let size = content["size"]?.integer.flatMap(Int.init(exactly:)),
                let sha256 = content["sha256"]?.string
            else { return nil }
            self.init(size: size, sha256: sha256)
        }

        func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("size", size)
            writer.member("sha256", sha256)
            writer.endObject()
        }
    }

    /// Which file a path led to when it was opened: a link, or a file of the same name, may lead elsewhere tomorrow.
    package struct Opened: Sendable, Equatable {
        /// The file system, as `MAJOR:MINOR`, which is how /proc/self/mountinfo has it.
        package var device: String
        package var inode: UInt64
        /// The mount's id in /proc/self/mountinfo; nil where the kernel does not tell.
        package var mount: UInt64?
        /// Where it lay then, all links followed; nil where that could not be read.
        package var path: String?
        /// Of what was read into memory then, in lowercase hexadecimal; nil for a file that is handed out itself.
        package var sha256: String?

        package init(device: String, inode: UInt64, mount: UInt64?, path: String?, sha256: String? = nil) {
            self.device = device
            self.inode = inode
            self.mount = mount
            self.path = path
            self.sha256 = sha256
        }

        init?(_ stored: StoredRecord, _ key: String = "opened") {
            guard let opened = stored[key], let device = opened["device"]?.string,
                let inode = opened["inode"]?.integer.flatMap(UInt64.init(exactly:))
            else { return nil }
            self.init(
                device: device, inode: inode, mount: opened["mount"]?.integer.flatMap(UInt64.init(exactly:)),
                path: opened["path"]?.string, sha256: opened["sha256"]?.string)
        }

        /// Whether who has the one has what who has the other has: of memory the same bytes, else the same file.
        package func isSameContent(as other: Opened) -> Bool {
            if let sha256, let others = other.sha256 { return sha256 == others }
            return device == other.device && inode == other.inode
        }
    }

    /// Whose a copy of a secret is, and who may open it.
    package struct Copy: Sendable, Equatable, JSONWritable {
        package var uid: UInt32
        package var gid: UInt32
        /// The permission bits.
        package var mode: UInt32

        package init(uid: UInt32, gid: UInt32, mode: UInt32) {
            self.uid = uid
            self.gid = gid
            self.mode = mode
        }

        init?(_ stored: StoredRecord) {
            guard let copy = stored["copy"], let uid = copy["uid"]?.integer.flatMap(UInt32.init(exactly:)),
                let gid = copy["gid"]?.integer.flatMap(UInt32.init(exactly:)),
                let mode = copy["mode"]?.string.flatMap({ UInt32($0, radix: 8) })
            else { return nil }
            self.init(uid: uid, gid: gid, mode: mode)
        }

        func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("uid", uid)
            writer.member("gid", gid)
            writer.member("mode", "0" + String(mode, radix: 8))
            writer.endObject()
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

        init(_ stored: StoredRecord) throws(Missing) {
            self.init(
                request: try stored.require("request"), policy: try stored.require(stored.policy),
                peer: try stored.require(stored.peerText), capability: stored.capability, rules: stored.rules,
                failed: stored.failed, failedMore: stored.number("failedMore") ?? 0, reason: stored.reason,
                action: stored.text("action") ?? "", why: stored.text("why") ?? "",
                chargedBefore: stored.counts("chargedBefore"))
            rulesMore = stored.number("rulesMore") ?? 0
        }

        func write(to text: inout RecordText) {
            text.text("request", request)
            text.policy(policy)
            text.peer(peer)
            text.capability(capability)
            text.member("decision", "deny")
            text.rules(rules, more: rulesMore)
            text.failed(failed, more: failedMore)
            text.text("reason", reason)
            text.value("action", action)
            text.value("why", why)
            if !chargedBefore.isEmpty { text.value("chargedBefore", chargedBefore) }
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

        init(_ stored: StoredRecord) throws(Missing) {
            self.init(
                uid: stored.number("uid"), count: try stored.require("count"),
                firstUSec: try stored.require("firstUSec"), lastUSec: try stored.require("lastUSec"),
                kinds: stored.counts("kinds"))
        }

        func write(to text: inout RecordText) {
            text.value("uid", uid)
            text.value("count", count)
            text.value("firstUSec", firstUSec)
            text.value("lastUSec", lastUSec)
            text.value("kinds", kinds)
        }
    }

    /// Who was refused: by uid alone, where no more is known.
    package enum RefusedCaller: Sendable, Equatable {
        case uid(UInt32)
        case peer(PeerText)

        init(_ stored: StoredRecord) throws(Missing) {
            self = if let peer = stored.peerText { .peer(peer) } else { .uid(try stored.require("uid")) }
        }

        func write(to text: inout RecordText) {
            switch self {
            case .uid(let uid): text.value("uid", uid)
            case .peer(let peer): text.peer(peer)
            }
        }
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

        init(_ stored: StoredRecord) throws(Missing) {
            self.init(
                request: stored.request, policy: stored.policy, peer: try stored.require(stored.peerText),
                capability: try stored.require(stored.capability), lease: try stored.require(stored.lease),
                grant: try stored.require("grant"), rule: try stored.require("rule"), why: stored.text("why"))
        }

        func write(to text: inout RecordText) {
            text.text("request", request)
            text.policy(policy)
            text.peer(peer)
            text.capability(capability)
            text.lease(lease)
            text.value("grant", grant)
            text.value("rule", rule)
            text.value("why", why)
        }
    }

    /// A change of authority: the policy from this record on, by whom, and why.
    package struct Revision: Sendable, Equatable {
        package var policy: PolicyStamp
        /// nil for the daemon itself.
        package var peer: PeerText?
        package var reason: String?

        package init(policy: PolicyStamp, peer: PeerText? = nil, reason: String? = nil) {
            self.policy = policy
            self.peer = peer
            self.reason = reason
        }

        init(_ stored: StoredRecord) throws(Missing) {
            self.init(policy: try stored.require(stored.policy), peer: stored.peerText, reason: stored.reason)
        }
    }

    /// What the service manager kept over a restart.
    package enum StoredDescriptor: Sendable, Equatable {
        /// Of a capability that is declared.
        case of(CapabilityText)
        /// Of a deposit, whose record is of this index.
        case deposit(CapabilityText, DepositText, deposited: UInt64)
        /// Of none: the name that it was kept under.
        case undeclared(String)

        init(_ stored: StoredRecord) throws(Missing) {
            self =
                if let capability = stored.capability, let deposit = DepositText(stored) {
                    .deposit(capability, deposit, deposited: try stored.require("deposited"))
                } else if let capability = stored.capability {
                    .of(capability)
                } else {
                    .undeclared(try stored.require("stored"))
                }
        }

        func write(to text: inout RecordText) {
            switch self {
            case .of(let capability): text.capability(capability)
            case .deposit(let capability, let deposit, let record):
                text.capability(capability)
                text.value("deposit", deposit)
                text.value("deposited", record)
            case .undeclared(let name): text.value("stored", name)
            }
        }
    }
}
