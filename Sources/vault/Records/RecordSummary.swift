// SPDX-License-Identifier: Apache-2.0

import JSONText
import Records
import TerminalKit
import VaultInterface

/// What a record tells in few words; of one that a later version wrote, what it has in common with others, and the rest by
/// its keys.
struct RecordSummary {
    let record: Int
    let stored: StoredRecord

    init(_ entry: AuditInterface.Entry) {
        record = entry.record
        stored = StoredRecord(reading: [UInt8](entry.text.utf8))
    }

    var type: String { stored.type ?? "?" }
    var time: String { stored.timeUSec.map { LocalTime.text($0) } ?? "?" }
    var rights: String? { stored.capability?.rights?.joined(separator: ",") }

    /// `alice[4711]`
    var who: String {
        guard let peer = stored.peer, let uid = peer.uid else { return "" }
        return (peer.user ?? "uid \(uid)") + (peer.pid.map { "[\($0)]" } ?? "")
    }

    /// `logs/web (read)`
    var what: String {
        guard let name = stored.capability?.name else { return "" }
        return rights.map { "\(name) (\($0))" } ?? name
    }

    /// What a type of record has beside the common keys, and the reason. Documents are for `audit show`.
    var details: String { details(withReason: true) }

    func details(withReason: Bool) -> String {
        stored.others(withReason: withReason).compactMap { member in
            guard member.value != [] else { return nil }
            let text = Self.ranges(member.value) ?? member.value.words
            return text.contains(" ") ? "\(member.key)='\(text)'" : "\(member.key)=\(text)"
        }.joined(separator: " ")
    }

    /// `[[3,3],[17,42]]` as `3,17-42`; `nil` for anything else.
    private static func ranges(_ value: JSONValue) -> String? {
        var texts: [String] = []
        for element in value.array ?? [] {
            guard let first = element[0]?.integer, let last = element[1]?.integer, element[2] == nil else { return nil }
            texts.append(first == last ? "\(first)" : "\(first)-\(last)")
        }
        return texts.isEmpty ? nil : texts.joined(separator: ",")
    }

    /// Every member with its path, such as `peer.exe`, but for those that head the report; times in local time.
    var everything: [(path: String, value: String)] {
        stored.body.flatMap { Self.flatten($0.value, path: $0.key) }
    }

    private static func flatten(_ value: JSONValue, path: String) -> [(path: String, value: String)] {
        switch value {
        case .object(let object) where !object.isEmpty:
            return object.members.flatMap { flatten($0.value, path: path.isEmpty ? $0.key : "\(path).\($0.key)") }
        case .array(let elements) where elements.contains { $0.object != nil }:
            return elements.enumerated().flatMap { flatten($0.element, path: "\(path)[\($0.offset)]") }
        case .integer(let usec) where StoredRecord.isWallTime(path):
            return [(path, "\(LocalTime.text(usec)) (\(usec))")]
        default: return [(path, value.words)]
        }
    }

    /// How the type stands out.
    var style: Style {
        switch stored.kind {
        case .grant: .good
        case .deny, .denySummary, .identityRefused, .openFailed: .bad
        case .delivery: hasMissing ? .bad : .faint
        case .auditRead: .faint
        default: .strong
        }
    }

    /// Whether descriptors were sent and did not arrive.
    private var hasMissing: Bool {
        guard case .delivery(let report) = Record(stored) else { return false }
        return !report.missing.isEmpty
    }

    /// The record with everything in it, for people.
    func report(colours: Bool) -> String {
        let title = "record \(record): \(type)".escaped
        var fields = Fields()
        for (path, value) in everything {
            fields.add(path, value, path.hasPrefix("failed") ? .doubtful : .plain)
        }
        return style.applied(to: title, colours: colours) + "\n" + fields.text(indent: 2, colours: colours)
    }
}
