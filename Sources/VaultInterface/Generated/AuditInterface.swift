// SPDX-License-Identifier: Apache-2.0
// Made by varlink-swift from io.vaultd.Audit.varlink. Change that file, and make this one again.

package import JSONText
package import Varlink

/// Read the audit log.
///
/// Every method needs the action audit, and Prune the action admin too; every call is itself recorded. The log is a
/// Merkle tree over the exact bytes of its records (RFC 6962, SHA-256). Its checkpoints, receipts and keys have the
/// forms that https://c2sp.org gives them. The errors of io.vaultd.Broker serve this interface too.
package enum AuditInterface {
    /// The name of the interface.
    package static let name = "io.vaultd.Audit"

    /// The text of the interface file, as `GetInterfaceDescription` returns it.
    package static let description = #"""
        # SPDX-License-Identifier: Apache-2.0

        # Read the audit log.
        #
        # Every method needs the action audit, and Prune the action admin too; every call is itself recorded. The log is a
        # Merkle tree over the exact bytes of its records (RFC 6962, SHA-256). Its checkpoints, receipts and keys have the
        # forms that https://c2sp.org gives them. The errors of io.vaultd.Broker serve this interface too.
        interface io.vaultd.Audit

        # Which records are wanted: those that match every member that is given, and of each list at least one element, but for
        # notType: of that none.
        type Filter (
          # Not older than this, in microseconds since 1970.
          sinceUSec: ?int,
          # Older than this, in microseconds since 1970.
          untilUSec: ?int,
          # The user id of the peer.
          uid: ?[]int,
          # The login user id of the peer.
          loginuid: ?[]int,
          # The process id of the peer.
          pid: ?[]int,
          # The program of the peer.
          exe: ?[]string,
          # The systemd unit of the peer.
          unit: ?[]string,
          # Patterns of names of capabilities.
          capability: ?[]string,
          # A rule that took part in the decision.
          rule: ?[]string,
          # The type of the record, such as grant or deny.
          type: ?[]string,
          # Types that are not wanted.
          notType: ?[]string,
          # permit or deny.
          decision: ?string,
          # The records of one request.
          request: ?string
        )

        # One record.
        type Entry (
          # Its number.
          record: int,
          # Its exact bytes, which the tree of the log was made over. A JSON object.
          text: string
        )

        # How many grants and denials there were of one kind.
        type Count (
          # What was counted by: a name, an id, a path, or the beginning of a span of time in microseconds since 1970. Empty for
          # records that have none.
          key: string,
          # Records of the type grant.
          grants: int,
          # Records of the type deny.
          denials: int,
          # Those of the grants whose descriptors have not arrived, as their clients say (Received).
          missing: ?int
        )

        # The hashes of 256 records whose texts were pruned.
        type Tile (
          # Which: the first is that of record 256 times this number.
          index: int,
          # The hashes of the 256 records one after the other, in base 64.
          hashes: string
        )

        # The records that match, the oldest first. With more, in several replies, until there are no others.
        method Query(
          # Which. Without a value, all.
          filter: ?Filter,
          # Go on where another query ended.
          cursor: ?string,
          # At most so many records.
          limit: ?int,
          # The newest first.
          reverse: ?bool,
          # With more: go on with new records as they come. Such a connection answers nothing else.
          follow: ?bool,
          # With follow, and without a cursor: begin with so many of those that are there, the newest.
          last: ?int
        ) -> (
          # The records.
          entries: []Entry,
          # Where a further query would go on.
          cursor: string
        )

        # One record, and those that belong to it: the request's grants or denial, delivery, revocation, exit of the holder.
        method Show(
          # The number of any of them.
          record: int
        ) -> (
          # The records, the oldest first.
          entries: []Entry
        )

        # Counts the grants and denials that match: the most frequent first, spans of time in their order.
        method Summarize(
          # What to count by: capability, user, uid, rule, exe, unit or time.
          by: string,
          # Which records. Without a value, all.
          filter: ?Filter,
          # By time: the length of a span in microseconds. Spans begin at its multiples; those without a record are left out.
          # Without a value, a day.
          everyUSec: ?int
        ) -> (
          # The counts.
          counts: []Count
        )

        # A receipt for one record: with the record's bytes and the log's key anybody can check it, without the log. The bytes
        # are the receipt's extra data, unless the text was pruned.
        method Prove(
          # The number of the record.
          record: int
        ) -> (
          # The receipt, as C2SP tlog-proof has it.
          proof: string
        )

        # The newest checkpoint, made now if there are records that none covers.
        method Checkpoint(
          # Show also that the log of so many records is the beginning of this one.
          since: ?int
        ) -> (
          # The checkpoint with its signatures, as C2SP tlog-checkpoint has it.
          note: string,
          # The key that verifies it, as C2SP signed-note has it: name+id+key.
          key: string,
          # The consistency proof of RFC 6962, each hash in base 64; empty without since.
          consistency: []string
        )

        # The log without a gap and as it is stored, to be hashed by the caller. With more, in several replies.
        method Export(
          # The first record; without a value, the first of the log.
          from: ?int,
          # The record to stop before; without a value, the end of the log as it is now.
          to: ?int
        ) -> (
          # The records, in their order.
          entries: []Entry,
          # In place of records whose texts were pruned, their hashes. They come before the records of the same reply.
          tiles: ?[]Tile
        )

        # Forget the texts of old records. All hashes are kept, so that what remains can still be proved and verified. What is
        # to be kept is exported before.
        method Prune(
          # Forget records before this number, rounded down to what can be: a multiple of 256 that a checkpoint covers.
          before: int,
          # For the record of this: the SHA-256, in hexadecimal, of the file that now holds them.
          archiveSha256: ?string
        ) -> (
          # The number of the record of this in the log.
          record: int,
          # The first record whose text is still there.
          before: int
        )

        # Keep a witness's signature of a checkpoint of this log, as C2SP tlog-cosignature has it.
        method AddCosignature(
          # A checkpoint of this log, with the log's signature and others.
          note: string
        ) -> (
          # The number of the record of this in the log.
          record: int
        )

        # The place where a query was to go on is not in this log any more: it is another one, or was cut or pruned.
        error CursorLost (
          # The cursor.
          cursor: string,
          # Why.
          message: string
        )

        # The text of a record was pruned, so that only its hash is there.
        error Pruned (
          # The record.
          record: int,
          # The first record whose text is still there.
          before: int
        )

        # A note is no checkpoint of this log, or has no signature to keep.
        error NoteRefused (
          # What is wrong with it.
          message: string
        )

        """#
}

extension AuditInterface {
    /// Which records are wanted: those that match every member that is given, and of each list at least one element,
    /// but for notType: of that none.
    package struct Filter: JSONReadable, JSONWritable, Equatable, Sendable {
        /// Not older than this, in microseconds since 1970.
        package var sinceUSec: Int?
        /// Older than this, in microseconds since 1970.
        package var untilUSec: Int?
        /// The user id of the peer.
        package var uid: [Int]?
        /// The login user id of the peer.
        package var loginuid: [Int]?
        /// The process id of the peer.
        package var pid: [Int]?
        /// The program of the peer.
        package var exe: [String]?
        /// The systemd unit of the peer.
        package var unit: [String]?
        /// Patterns of names of capabilities.
        package var capability: [String]?
        /// A rule that took part in the decision.
        package var rule: [String]?
        /// The type of the record, such as grant or deny.
        package var type: [String]?
        /// Types that are not wanted.
        package var notType: [String]?
        /// permit or deny.
        package var decision: String?
        /// The records of one request.
        package var request: String?

        package init(
            sinceUSec: Int? = nil, untilUSec: Int? = nil, uid: [Int]? = nil, loginuid: [Int]? = nil, pid: [Int]? = nil,
            exe: [String]? = nil, unit: [String]? = nil, capability: [String]? = nil, rule: [String]? = nil,
            type: [String]? = nil, notType: [String]? = nil, decision: String? = nil, request: String? = nil
        ) {
            self.sinceUSec = sinceUSec
            self.untilUSec = untilUSec
            self.uid = uid
            self.loginuid = loginuid
            self.pid = pid
            self.exe = exe
            self.unit = unit
            self.capability = capability
            self.rule = rule
            self.type = type
            self.notType = notType
            self.decision = decision
            self.request = request
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var sinceUSec: Int?
            var untilUSec: Int?
            var uid: [Int]?
            var loginuid: [Int]?
            var pid: [Int]?
            var exe: [String]?
            var unit: [String]?
            var capability: [String]?
            var rule: [String]?
            var type: [String]?
            var notType: [String]?
            var decision: String?
            var request: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "sinceUSec": sinceUSec = try reader.read()
                case "untilUSec": untilUSec = try reader.read()
                case "uid": uid = try reader.read()
                case "loginuid": loginuid = try reader.read()
                case "pid": pid = try reader.read()
                case "exe": exe = try reader.read()
                case "unit": unit = try reader.read()
                case "capability": capability = try reader.read()
                case "rule": rule = try reader.read()
                case "type": type = try reader.read()
                case "notType": notType = try reader.read()
                case "decision": decision = try reader.read()
                case "request": request = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.sinceUSec = sinceUSec
            self.untilUSec = untilUSec
            self.uid = uid
            self.loginuid = loginuid
            self.pid = pid
            self.exe = exe
            self.unit = unit
            self.capability = capability
            self.rule = rule
            self.type = type
            self.notType = notType
            self.decision = decision
            self.request = request
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("sinceUSec", sinceUSec)
            writer.member("untilUSec", untilUSec)
            writer.member("uid", uid)
            writer.member("loginuid", loginuid)
            writer.member("pid", pid)
            writer.member("exe", exe)
            writer.member("unit", unit)
            writer.member("capability", capability)
            writer.member("rule", rule)
            writer.member("type", type)
            writer.member("notType", notType)
            writer.member("decision", decision)
            writer.member("request", request)
            writer.endObject()
        }
    }
}

extension AuditInterface {
    /// One record.
    package struct Entry: JSONReadable, JSONWritable, Equatable, Sendable {
        /// Its number.
        package var record: Int
        /// Its exact bytes, which the tree of the log was made over. A JSON object.
        package var text: String

        package init(record: Int, text: String) {
            self.record = record
            self.text = text
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var record: Int?
            var text: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "record": record = try reader.read()
                case "text": text = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.record = try reader.require(record, "record")
            self.text = try reader.require(text, "text")
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("record", record)
            writer.member("text", text)
            writer.endObject()
        }
    }
}

extension AuditInterface {
    /// How many grants and denials there were of one kind.
    package struct Count: JSONReadable, JSONWritable, Equatable, Sendable {
        /// What was counted by: a name, an id, a path, or the beginning of a span of time in microseconds since 1970.
        /// Empty for records that have none.
        package var key: String
        /// Records of the type grant.
        package var grants: Int
        /// Records of the type deny.
        package var denials: Int
        /// Those of the grants whose descriptors have not arrived, as their clients say (Received).
        package var missing: Int?

        package init(key: String, grants: Int, denials: Int, missing: Int? = nil) {
            self.key = key
            self.grants = grants
            self.denials = denials
            self.missing = missing
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var key: String?
            var grants: Int?
            var denials: Int?
            var missing: Int?
            try reader.beginObject()
            while let key2 = try reader.nextKey() {
                switch key2 {
                case "key": key = try reader.read()
                case "grants": grants = try reader.read()
                case "denials": denials = try reader.read()
                case "missing": missing = try reader.read()
                default: try reader.skipOrRefuse(key2)
                }
            }
            self.key = try reader.require(key, "key")
            self.grants = try reader.require(grants, "grants")
            self.denials = try reader.require(denials, "denials")
            self.missing = missing
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("key", key)
            writer.member("grants", grants)
            writer.member("denials", denials)
            writer.member("missing", missing)
            writer.endObject()
        }
    }
}

extension AuditInterface {
    /// The hashes of 256 records whose texts were pruned.
    package struct Tile: JSONReadable, JSONWritable, Equatable, Sendable {
        /// Which: the first is that of record 256 times this number.
        package var index: Int
        /// The hashes of the 256 records one after the other, in base 64.
        package var hashes: String

        package init(index: Int, hashes: String) {
            self.index = index
            self.hashes = hashes
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var index: Int?
            var hashes: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "index": index = try reader.read()
                case "hashes": hashes = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.index = try reader.require(index, "index")
            self.hashes = try reader.require(hashes, "hashes")
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("index", index)
            writer.member("hashes", hashes)
            writer.endObject()
        }
    }
}

extension AuditInterface {
    /// The records that match, the oldest first. With more, in several replies, until there are no others.
    package enum Query: InterfaceMethod {
        package static let method = "io.vaultd.Audit.Query"

        /// The parameters of `Query`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// Which. Without a value, all.
            package var filter: Filter?
            /// Go on where another query ended.
            package var cursor: String?
            /// At most so many records.
            package var limit: Int?
            /// The newest first.
            package var reverse: Bool?
            /// With more: go on with new records as they come. Such a connection answers nothing else.
            package var follow: Bool?
            /// With follow, and without a cursor: begin with so many of those that are there, the newest.
            package var last: Int?

            package init(
                filter: Filter? = nil, cursor: String? = nil, limit: Int? = nil, reverse: Bool? = nil,
                follow: Bool? = nil, last: Int? = nil
            ) {
                self.filter = filter
                self.cursor = cursor
                self.limit = limit
                self.reverse = reverse
                self.follow = follow
                self.last = last
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var filter: Filter?
                var cursor: String?
                var limit: Int?
                var reverse: Bool?
                var follow: Bool?
                var last: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "filter": filter = try reader.read()
                    case "cursor": cursor = try reader.read()
                    case "limit": limit = try reader.read()
                    case "reverse": reverse = try reader.read()
                    case "follow": follow = try reader.read()
                    case "last": last = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.filter = filter
                self.cursor = cursor
                self.limit = limit
                self.reverse = reverse
                self.follow = follow
                self.last = last
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("filter", filter)
                writer.member("cursor", cursor)
                writer.member("limit", limit)
                writer.member("reverse", reverse)
                writer.member("follow", follow)
                writer.member("last", last)
                writer.endObject()
            }
        }

        /// The reply of `Query`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The records.
            package var entries: [Entry]
            /// Where a further query would go on.
            package var cursor: String

            package init(entries: [Entry], cursor: String) {
                self.entries = entries
                self.cursor = cursor
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var entries: [Entry]?
                var cursor: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "entries": entries = try reader.read()
                    case "cursor": cursor = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.entries = try reader.require(entries, "entries")
                self.cursor = try reader.require(cursor, "cursor")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("entries", entries)
                writer.member("cursor", cursor)
                writer.endObject()
            }
        }
    }
}

extension AuditInterface {
    /// One record, and those that belong to it: the request's grants or denial, delivery, revocation, exit of the
    /// holder.
    package enum Show: InterfaceMethod {
        package static let method = "io.vaultd.Audit.Show"

        /// The parameters of `Show`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The number of any of them.
            package var record: Int

            package init(record: Int) {
                self.record = record
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var record: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "record": record = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.record = try reader.require(record, "record")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("record", record)
                writer.endObject()
            }
        }

        /// The reply of `Show`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The records, the oldest first.
            package var entries: [Entry]

            package init(entries: [Entry]) {
                self.entries = entries
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var entries: [Entry]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "entries": entries = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.entries = try reader.require(entries, "entries")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("entries", entries)
                writer.endObject()
            }
        }
    }
}

extension AuditInterface {
    /// Counts the grants and denials that match: the most frequent first, spans of time in their order.
    package enum Summarize: InterfaceMethod {
        package static let method = "io.vaultd.Audit.Summarize"

        /// The parameters of `Summarize`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// What to count by: capability, user, uid, rule, exe, unit or time.
            package var by: String
            /// Which records. Without a value, all.
            package var filter: Filter?
            /// By time: the length of a span in microseconds. Spans begin at its multiples; those without a record are
            /// left out. Without a value, a day.
            package var everyUSec: Int?

            package init(by: String, filter: Filter? = nil, everyUSec: Int? = nil) {
                self.by = by
                self.filter = filter
                self.everyUSec = everyUSec
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var by: String?
                var filter: Filter?
                var everyUSec: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "by": by = try reader.read()
                    case "filter": filter = try reader.read()
                    case "everyUSec": everyUSec = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.by = try reader.require(by, "by")
                self.filter = filter
                self.everyUSec = everyUSec
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("by", by)
                writer.member("filter", filter)
                writer.member("everyUSec", everyUSec)
                writer.endObject()
            }
        }

        /// The reply of `Summarize`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The counts.
            package var counts: [Count]

            package init(counts: [Count]) {
                self.counts = counts
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var counts: [Count]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "counts": counts = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.counts = try reader.require(counts, "counts")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("counts", counts)
                writer.endObject()
            }
        }
    }
}

extension AuditInterface {
    /// A receipt for one record: with the record's bytes and the log's key anybody can check it, without the log. The
    /// bytes are the receipt's extra data, unless the text was pruned.
    package enum Prove: InterfaceMethod {
        package static let method = "io.vaultd.Audit.Prove"

        /// The parameters of `Prove`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The number of the record.
            package var record: Int

            package init(record: Int) {
                self.record = record
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var record: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "record": record = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.record = try reader.require(record, "record")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("record", record)
                writer.endObject()
            }
        }

        /// The reply of `Prove`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The receipt, as C2SP tlog-proof has it.
            package var proof: String

            package init(proof: String) {
                self.proof = proof
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var proof: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "proof": proof = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.proof = try reader.require(proof, "proof")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("proof", proof)
                writer.endObject()
            }
        }
    }
}

extension AuditInterface {
    /// The newest checkpoint, made now if there are records that none covers.
    package enum Checkpoint: InterfaceMethod {
        package static let method = "io.vaultd.Audit.Checkpoint"

        /// The parameters of `Checkpoint`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// Show also that the log of so many records is the beginning of this one.
            package var since: Int?

            package init(since: Int? = nil) {
                self.since = since
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var since: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "since": since = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.since = since
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("since", since)
                writer.endObject()
            }
        }

        /// The reply of `Checkpoint`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The checkpoint with its signatures, as C2SP tlog-checkpoint has it.
            package var note: String
            /// The key that verifies it, as C2SP signed-note has it: name+id+key.
            package var key: String
            /// The consistency proof of RFC 6962, each hash in base 64; empty without since.
            package var consistency: [String]

            package init(note: String, key: String, consistency: [String]) {
                self.note = note
                self.key = key
                self.consistency = consistency
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var note: String?
                var key: String?
                var consistency: [String]?
                try reader.beginObject()
                while let key2 = try reader.nextKey() {
                    switch key2 {
                    case "note": note = try reader.read()
                    case "key": key = try reader.read()
                    case "consistency": consistency = try reader.read()
                    default: try reader.skipOrRefuse(key2)
                    }
                }
                self.note = try reader.require(note, "note")
                self.key = try reader.require(key, "key")
                self.consistency = try reader.require(consistency, "consistency")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("note", note)
                writer.member("key", key)
                writer.member("consistency", consistency)
                writer.endObject()
            }
        }
    }
}

extension AuditInterface {
    /// The log without a gap and as it is stored, to be hashed by the caller. With more, in several replies.
    package enum Export: InterfaceMethod {
        package static let method = "io.vaultd.Audit.Export"

        /// The parameters of `Export`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The first record; without a value, the first of the log.
            package var from: Int?
            /// The record to stop before; without a value, the end of the log as it is now.
            package var to: Int?

            package init(from: Int? = nil, to: Int? = nil) {
                self.from = from
                self.to = to
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var from: Int?
                var to: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "from": from = try reader.read()
                    case "to": to = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.from = from
                self.to = to
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("from", from)
                writer.member("to", to)
                writer.endObject()
            }
        }

        /// The reply of `Export`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The records, in their order.
            package var entries: [Entry]
            /// In place of records whose texts were pruned, their hashes. They come before the records of the same
            /// reply.
            package var tiles: [Tile]?

            package init(entries: [Entry], tiles: [Tile]? = nil) {
                self.entries = entries
                self.tiles = tiles
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var entries: [Entry]?
                var tiles: [Tile]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "entries": entries = try reader.read()
                    case "tiles": tiles = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.entries = try reader.require(entries, "entries")
                self.tiles = tiles
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("entries", entries)
                writer.member("tiles", tiles)
                writer.endObject()
            }
        }
    }
}

extension AuditInterface {
    /// Forget the texts of old records. All hashes are kept, so that what remains can still be proved and verified.
    /// What is to be kept is exported before.
    package enum Prune: InterfaceMethod {
        package static let method = "io.vaultd.Audit.Prune"

        /// The parameters of `Prune`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// Forget records before this number, rounded down to what can be: a multiple of 256 that a checkpoint
            /// covers.
            package var before: Int
            /// For the record of this: the SHA-256, in hexadecimal, of the file that now holds them.
            package var archiveSha256: String?

            package init(before: Int, archiveSha256: String? = nil) {
                self.before = before
                self.archiveSha256 = archiveSha256
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var before: Int?
                var archiveSha256: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "before": before = try reader.read()
                    case "archiveSha256": archiveSha256 = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.before = try reader.require(before, "before")
                self.archiveSha256 = archiveSha256
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("before", before)
                writer.member("archiveSha256", archiveSha256)
                writer.endObject()
            }
        }

        /// The reply of `Prune`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The number of the record of this in the log.
            package var record: Int
            /// The first record whose text is still there.
            package var before: Int

            package init(record: Int, before: Int) {
                self.record = record
                self.before = before
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var record: Int?
                var before: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "record": record = try reader.read()
                    case "before": before = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.record = try reader.require(record, "record")
                self.before = try reader.require(before, "before")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("record", record)
                writer.member("before", before)
                writer.endObject()
            }
        }
    }
}

extension AuditInterface {
    /// Keep a witness's signature of a checkpoint of this log, as C2SP tlog-cosignature has it.
    package enum AddCosignature: InterfaceMethod {
        package static let method = "io.vaultd.Audit.AddCosignature"

        /// The parameters of `AddCosignature`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// A checkpoint of this log, with the log's signature and others.
            package var note: String

            package init(note: String) {
                self.note = note
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var note: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "note": note = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.note = try reader.require(note, "note")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("note", note)
                writer.endObject()
            }
        }

        /// The reply of `AddCosignature`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The number of the record of this in the log.
            package var record: Int

            package init(record: Int) {
                self.record = record
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var record: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "record": record = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.record = try reader.require(record, "record")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("record", record)
                writer.endObject()
            }
        }
    }
}

/// The errors of `io.vaultd.Audit`.
package enum AuditError: Error, Equatable, Sendable {
    /// The place where a query was to go on is not in this log any more: it is another one, or was cut or pruned.
    ///
    /// - Parameters:
    ///   - cursor: The cursor.
    ///   - message: Why.
    case cursorLost(cursor: String, message: String)
    /// The text of a record was pruned, so that only its hash is there.
    ///
    /// - Parameters:
    ///   - record: The record.
    ///   - before: The first record whose text is still there.
    case pruned(record: Int, before: Int)
    /// A note is no checkpoint of this log, or has no signature to keep.
    ///
    /// - Parameters:
    ///   - message: What is wrong with it.
    case noteRefused(message: String)

    /// The error as it crosses the wire.
    package var varlinkError: VarlinkError {
        switch self {
        case .cursorLost(let cursor, let message):
            var parameters = JSONObject()
            parameters["cursor"] = cursor.jsonValue
            parameters["message"] = message.jsonValue
            return VarlinkError(name: "io.vaultd.Audit.CursorLost", parameters: parameters)
        case .pruned(let record, let before):
            var parameters = JSONObject()
            parameters["record"] = record.jsonValue
            parameters["before"] = before.jsonValue
            return VarlinkError(name: "io.vaultd.Audit.Pruned", parameters: parameters)
        case .noteRefused(let message):
            var parameters = JSONObject()
            parameters["message"] = message.jsonValue
            return VarlinkError(name: "io.vaultd.Audit.NoteRefused", parameters: parameters)
        }
    }

    /// Reads an error that crossed the wire; `nil` if it is none of these, or lacks what it has to have.
    package init?(_ error: VarlinkError) {
        switch error.name {
        case "io.vaultd.Audit.CursorLost":
            guard let cursor: String = error.parameter("cursor") else { return nil }
            guard let message: String = error.parameter("message") else { return nil }
            self = .cursorLost(cursor: cursor, message: message)
        case "io.vaultd.Audit.Pruned":
            guard let record: Int = error.parameter("record") else { return nil }
            guard let before: Int = error.parameter("before") else { return nil }
            self = .pruned(record: record, before: before)
        case "io.vaultd.Audit.NoteRefused":
            guard let message: String = error.parameter("message") else { return nil }
            self = .noteRefused(message: message)
        default: return nil
        }
    }
}

/// What serves `io.vaultd.Audit`: a requirement for each of its methods, so that the compiler says which one is not
/// served. ``AuditInterface/dispatch(_:to:in:)`` reads calls and calls it.
package protocol AuditService: Actor {
    /// What is known of a call beside its parameters: who calls, where the answer goes.
    associatedtype Context

    /// The records that match, the oldest first. With more, in several replies, until there are no others.
    func query(_ parameters: AuditInterface.Query.Parameters, in context: Context) throws(VarlinkError)

    /// One record, and those that belong to it: the request's grants or denial, delivery, revocation, exit of the
    /// holder.
    func show(_ parameters: AuditInterface.Show.Parameters, in context: Context) throws(VarlinkError)

    /// Counts the grants and denials that match: the most frequent first, spans of time in their order.
    func summarize(_ parameters: AuditInterface.Summarize.Parameters, in context: Context) throws(VarlinkError)

    /// A receipt for one record: with the record's bytes and the log's key anybody can check it, without the log. The
    /// bytes are the receipt's extra data, unless the text was pruned.
    func prove(_ parameters: AuditInterface.Prove.Parameters, in context: Context) throws(VarlinkError)

    /// The newest checkpoint, made now if there are records that none covers.
    func checkpoint(_ parameters: AuditInterface.Checkpoint.Parameters, in context: Context) throws(VarlinkError)

    /// The log without a gap and as it is stored, to be hashed by the caller. With more, in several replies.
    func export(_ parameters: AuditInterface.Export.Parameters, in context: Context) throws(VarlinkError)

    /// Forget the texts of old records. All hashes are kept, so that what remains can still be proved and verified.
    /// What is to be kept is exported before.
    func prune(_ parameters: AuditInterface.Prune.Parameters, in context: Context) throws(VarlinkError)

    /// Keep a witness's signature of a checkpoint of this log, as C2SP tlog-cosignature has it.
    func addCosignature(
        _ parameters: AuditInterface.AddCosignature.Parameters, in context: Context
    ) throws(VarlinkError)
}

extension AuditInterface {
    /// Reads the parameters of a call, and has the service serve its method.
    ///
    /// - Returns: whether the interface has this method. If not, nothing was done.
    /// - Throws: `InvalidParameter` for parameters that are not as they are declared, and what the service throws.
    package static func dispatch<Service: AuditService>(
        _ call: borrowing VarlinkCall, to service: isolated Service, in context: Service.Context
    ) throws(VarlinkError) -> Bool {
        switch call.method {
        case Query.method:
            try service.query(try call.parameters(), in: context)
        case Show.method:
            try service.show(try call.parameters(), in: context)
        case Summarize.method:
            try service.summarize(try call.parameters(), in: context)
        case Prove.method:
            try service.prove(try call.parameters(), in: context)
        case Checkpoint.method:
            try service.checkpoint(try call.parameters(), in: context)
        case Export.method:
            try service.export(try call.parameters(), in: context)
        case Prune.method:
            try service.prune(try call.parameters(), in: context)
        case AddCosignature.method:
            try service.addCosignature(try call.parameters(), in: context)
        default: return false
        }
        return true
    }
}
