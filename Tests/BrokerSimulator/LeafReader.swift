// SPDX-License-Identifier: Apache-2.0

import Records

extension Batch {
    /// The revisions of the policy that it stores, by the indices of their records.
    var revisions: [UInt64: PolicyRevision] {
        var found: [UInt64: PolicyRevision] = [:]
        for case .policyRevision(let revision) in changes { found[revision.record] = revision }
        return found
    }

    /// The rules whose counts are forgotten with the record of a policy, by its index.
    var clearings: [UInt64: [String]] {
        var found: [UInt64: [String]] = [:]
        var record: UInt64 = 0
        for change in changes {
            if case .policyRevision(let revision) = change { record = revision.record }
            if case .countersCleared(let rule) = change { found[record, default: []].append(rule) }
        }
        return found
    }
}

/// What the checker knows of a durable record, read out of its bytes by a reader of its own.
struct DurableRecord {
    struct Grant {
        var request = ""
        var uid: UInt32 = 0
        var pid: Int32 = 0
        var name = ""
        var rights: [String] = []
        var delivery = ""
        var charged = ""
        var hasReason = false
        var lease: String?
        /// The hash of the content that is sent in place of a descriptor.
        var content: String?
        /// The id of the deposit that it is, and whether it is taken.
        var deposit: String?
        var isTake = false
        /// The policy that decided, and its hash.
        var revision = 0
        var policy = ""
    }

    /// What a record tells that is about a deposit alone.
    struct Deposited {
        var id = ""
        var name = ""
        var uid: UInt32 = 0
        var pid: Int32?
        var charged = ""
        var replaces: String?
        /// By which it was taken.
        var grant: UInt64?
        var why: String?
        /// Of a `restore` record: the name under which something was kept that is no deposit, and whether it is held now.
        var stray: String?
        var isKept = false
    }

    enum Outcome: Equatable { case sent, failed, unknown }

    var index: UInt64 = .max
    var type = ""
    var timeUSec: Int64 = 0
    var bootUSec: Int64 = 0
    var bootID = ""
    /// Of a `grant` record.
    var grant: Grant?
    /// Of a `deposit`, `remove`, `take.confirm` or `restore` record.
    var deposited: Deposited?
    /// Of a `delivery` record.
    var outcomes: [(grant: UInt64, outcome: Outcome)] = []
    /// The same: what clients say of what was sent.
    var receipts: [(grant: UInt64, isMissing: Bool)] = []

    init(_ leaf: [UInt8]) {
        self.init()
        leaf.withUnsafeBufferPointer { bytes in
            var reader = LeafReader(bytes: bytes)
            read(&reader)
        }
    }

    private var isOfDeposit: Bool { ["deposit", "remove", "take.confirm", "restore"].contains(type) }

    private init() {}

    private mutating func read(_ reader: inout LeafReader) {
        var grant = Grant()
        var deposited = Deposited()
        reader.object { key, reader in
            switch key {
            case "index": index = UInt64(reader.integer())
            case "type": type = reader.string()
            case "timeUSec": timeUSec = reader.integer()
            case "bootTimeUSec": bootUSec = reader.integer()
            case "bootId": bootID = reader.string()
            case "sent" where type == "delivery": reader.ranges { outcomes.append(($0, .sent)) }
            case "received" where type == "delivery": reader.ranges { receipts.append(($0, false)) }
            case "missing" where type == "delivery":
                reader.array { receipts.append((UInt64($0.integer()), true)) }
            case "failed" where type == "delivery":
                reader.array { reader in
                    reader.object { key, reader in
                        if key == "index" {
                            outcomes.append((UInt64(reader.integer()), .failed))
                        } else {
                            reader.skip()
                        }
                    }
                }
            case "unknown" where type == "delivery":
                reader.array { outcomes.append((UInt64($0.integer()), .unknown)) }
            case _ where type == "grant": grant.read(key, &reader)
            case _ where isOfDeposit: deposited.read(key, &reader)
            default: reader.skip()
            }
        }
        if type == "grant" { self.grant = grant }
        if isOfDeposit { self.deposited = deposited }
    }
}

extension DurableRecord.Deposited {
    fileprivate mutating func read(_ key: String, _ reader: inout LeafReader) {
        switch key {
        case "charged": charged = reader.string()
        case "grant": grant = UInt64(reader.integer())
        case "why": why = reader.string()
        case "stored": stray = reader.string()
        case "outcome": isKept = reader.string() == "kept"
        case "peer":
            reader.object { key, reader in
                switch key {
                case "uid": uid = UInt32(reader.integer())
                case "pid": pid = Int32(reader.integer())
                default: reader.skip()
                }
            }
        case "capability":
            reader.object { key, reader in if key == "name" { name = reader.string() } else { reader.skip() } }
        case "deposit":
            reader.object { key, reader in
                switch key {
                case "id": id = reader.string()
                case "replaces": replaces = reader.string()
                default: reader.skip()
                }
            }
        default: reader.skip()
        }
    }
}

extension DurableRecord.Grant {
    fileprivate mutating func read(_ key: String, _ reader: inout LeafReader) {
        switch key {
        case "request": request = reader.string()
        case "charged": charged = reader.string()
        case "reason":
            hasReason = true
            reader.skip()
        case "peer":
            reader.object { key, reader in
                switch key {
                case "uid": uid = UInt32(reader.integer())
                case "pid": pid = Int32(reader.integer())
                default: reader.skip()
                }
            }
        case "capability":
            reader.object { key, reader in
                switch key {
                case "name": name = reader.string()
                case "rights": reader.array { rights.append($0.string()) }
                case "delivery": delivery = reader.string()
                default: reader.skip()
                }
            }
        case "policy":
            reader.object { key, reader in
                if key == "revision" { revision = Int(reader.integer()) } else { policy = reader.string() }
            }
        case "content":
            reader.object { key, reader in if key == "sha256" { content = reader.string() } else { reader.skip() } }
        case "take":
            isTake = true
            reader.skip()
        case "deposit":
            reader.object { key, reader in if key == "id" { deposit = reader.string() } else { reader.skip() } }
        case "lease":
            reader.object { key, reader in if key == "id" { lease = reader.string() } else { reader.skip() } }
        default: reader.skip()
        }
    }
}

/// Reads JSON as records have it: no blanks, and no escapes in what is looked at.
private struct LeafReader {
    let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private static let quote = UInt8(ascii: "\"")

    mutating func object(_ body: (String, inout LeafReader) -> Void) {
        at += 1
        while bytes[at] != UInt8(ascii: "}") {
            if bytes[at] == UInt8(ascii: ",") { at += 1 }
            let key = string()
            at += 1
            body(key, &self)
        }
        at += 1
    }

    mutating func array(_ body: (inout LeafReader) -> Void) {
        at += 1
        while bytes[at] != UInt8(ascii: "]") {
            if bytes[at] == UInt8(ascii: ",") { at += 1 }
            body(&self)
        }
        at += 1
    }

    /// All numbers of a list of ranges.
    mutating func ranges(_ body: (UInt64) -> Void) {
        array { reader in
            var ends: [UInt64] = []
            reader.array { ends.append(UInt64($0.integer())) }
            for index in ends[0]...ends[1] { body(index) }
        }
    }

    mutating func string() -> String {
        let start = at + 1
        skipString()
        return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<(at - 1)]), as: UTF8.self)
    }

    mutating func integer() -> Int64 {
        var value: Int64 = 0
        var isNegative = false
        while true {
            let byte = bytes[at]
            if byte == UInt8(ascii: "-") {
                isNegative = true
            } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                value = value &* 10 &+ Int64(byte &- UInt8(ascii: "0"))
            } else {
                return isNegative ? -value : value
            }
            at += 1
        }
    }

    private mutating func skipString() {
        at += 1
        while bytes[at] != Self.quote { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
        at += 1
    }

    mutating func skip() {
        var depth = 0
        repeat {
            switch bytes[at] {
            case Self.quote:
                skipString()
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return }
                depth -= 1
            case UInt8(ascii: ","): if depth == 0 { return }
            default: break
            }
            at += 1
        } while depth > 0
            || (bytes[at] != UInt8(ascii: ",") && bytes[at] != UInt8(ascii: "}") && bytes[at] != UInt8(ascii: "]"))
    }
}
