// SPDX-License-Identifier: Apache-2.0

/// What queries look at in a record, read out of its text.
package struct RecordFields: Sendable, Equatable {
    package var type = ""
    package var timeUSec: Int64 = 0
    package var request: String?
    package var uid: UInt32?
    package var user: String?
    package var loginuid: UInt32?
    package var pid: Int32?
    package var exe: String?
    package var unit: String?
    package var capability: String?
    package var decision: String?
    package var rules: [String] = []
    package var charged: String?
    /// The index of the grant that a later record is about, such as a `revoke` or a `holder.exit`.
    package var grant: UInt64?
    /// Of a `delivery`: the grants whose descriptors have not arrived, as their client says.
    package var missing: [UInt64] = []

    /// Reads a record; a text of another form gives what could be read of it.
    package init(_ leaf: UnsafeRawBufferPointer) {
        self.init()
        var scanner = LeafScanner(leaf)
        if scan(&scanner) == nil || !scanner.isAtEnd { self = RecordFields(reading: leaf) }
    }

    /// The same by the reader that takes any JSON. A text that is no record has none of the fields; it is still an entry of
    /// the log.
    package init(reading leaf: UnsafeRawBufferPointer) {
        let stored = StoredRecord(reading: Array(leaf))
        type = stored.type ?? ""
        timeUSec = stored.timeUSec ?? 0
        request = stored.request
        let peer = stored.peer
        uid = peer?.uid
        user = peer?.user
        loginuid = peer?.loginuid
        pid = peer?.pid
        exe = peer?.exe
        unit = peer?.unit
        capability = stored.capability?.name
        decision = stored.decision
        rules = stored.rules + [stored.text("rule")].compactMap { $0 }
        charged = stored.charged
        grant = stored.number("grant")
        missing = stored.numbers("missing")
    }

    private init() {}

    /// Those of a record whose text was pruned.
    package static let none = RecordFields()
}

extension RecordFields {
    private mutating func scan(_ scanner: inout LeafScanner) -> Void? {
        scanner.object { key, scanner in
            if key == "type" { return Self.set(&type, scanner.string()) }
            if key == "timeUSec" { return Self.set(&timeUSec, scanner.integer()) }
            if key == "request" { return Self.set(&request, scanner.string()) }
            if key == "peer" { return scanPeer(&scanner) }
            if key == "capability" { return scanCapability(&scanner) }
            if key == "decision" { return Self.set(&decision, scanner.string()) }
            if key == "rules" { return scanner.array { Self.append(&rules, $0.string()) } }
            if key == "rule" { return Self.append(&rules, scanner.string()) }
            if key == "charged" { return Self.set(&charged, scanner.string()) }
            if key == "grant" { return Self.set(&grant, scanner.integer().flatMap { UInt64(exactly: $0) }) }
            if key == "missing" {
                return scanner.array { Self.append(&missing, $0.integer().flatMap { UInt64(exactly: $0) }) }
            }
            return scanner.skip()
        }
    }

    private mutating func scanPeer(_ scanner: inout LeafScanner) -> Void? {
        scanner.object { key, scanner in
            if key == "uid" { return Self.set(&uid, scanner.integer().flatMap { UInt32(exactly: $0) }) }
            if key == "user" { return Self.set(&user, scanner.string()) }
            if key == "loginuid" { return Self.set(&loginuid, scanner.integer().flatMap { UInt32(exactly: $0) }) }
            if key == "pid" { return Self.set(&pid, scanner.integer().flatMap { Int32(exactly: $0) }) }
            if key == "exe" { return Self.set(&exe, scanner.string()) }
            if key == "unit" { return Self.set(&unit, scanner.string()) }
            return scanner.skip()
        }
    }

    private mutating func scanCapability(_ scanner: inout LeafScanner) -> Void? {
        scanner.object { key, scanner in
            key == "name" ? Self.set(&capability, scanner.string()) : scanner.skip()
        }
    }

    private static func set<Value>(_ field: inout Value, _ value: Value?) -> Void? {
        guard let value else { return nil }
        field = value
        return ()
    }

    private static func set<Value>(_ field: inout Value?, _ value: Value?) -> Void? {
        guard let value else { return nil }
        field = value
        return ()
    }

    private static func append<Value>(_ list: inout [Value], _ value: Value?) -> Void? {
        guard let value else { return nil }
        list.append(value)
        return ()
    }
}
