// SPDX-License-Identifier: Apache-2.0

import JSONText
import VaultInterface

/// What a record tells in few words. The text of a record is an object whose keys are fixed; what is not there, or
/// not of the expected kind, is left out.
struct RecordSummary {
    let record: Int
    private let members: JSONObject

    init(_ entry: AuditInterface.Entry) {
        record = entry.record
        members = (try? JSONObject(parsing: entry.text)) ?? [:]
    }

    var type: String { members["type"]?.string ?? "?" }
    var timeUSec: Int64? { members["timeUSec"]?.integer }
    var time: String { timeUSec.map { LocalTime.text($0) } ?? "?" }
    var decision: String? { members["decision"]?.string }
    var request: String? { members["request"]?.string }
    var reason: String? { members["reason"]?.string }
    var rules: [String] { (members["rules"]?.array ?? []).compactMap(\.string) }
    /// Of a denial: what the rules that were tried wanted and found.
    var findings: [JSONObject] { (members["failed"]?.array ?? []).compactMap(\.object) }

    func peer(_ key: String) -> String? { members["peer"]?[key].map(\.words) }

    func capability(_ key: String) -> String? {
        guard let value = members["capability"]?[key] else { return nil }
        return value.array.map { $0.map(\.words).joined(separator: ",") } ?? value.words
    }

    /// `alice[4711]`
    var who: String {
        guard let uid = peer("uid") else { return "" }
        let pid = peer("pid").map { "[\($0)]" } ?? ""
        return (peer("user") ?? "uid \(uid)") + pid
    }

    /// `logs/web (read)`
    var what: String {
        guard let name = capability("name") else { return "" }
        return capability("rights").map { "\(name) (\($0))" } ?? name
    }

    private static let told: Set<String> = [
        "v", "index", "type", "timeUSec", "bootTimeUSec", "bootId", "request", "policy", "peer", "capability",
        "decision",
        "rules", "charged", "failed", "truncated", "lease", "document",
    ]

    /// What a type of record has beside the common keys, and the reason. Documents are for `audit show`.
    var details: String { details(without: []) }

    func details(without others: Set<String>) -> String {
        members.members.compactMap { member in
            guard !Self.told.contains(member.key), !others.contains(member.key), member.value != [] else { return nil }
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

    /// Every member with its path, such as `peer.exe`; times in local time.
    var everything: [(path: String, value: String)] {
        Self.flatten(.object(members), path: "")
    }

    private static func flatten(_ value: JSONValue, path: String) -> [(path: String, value: String)] {
        switch value {
        case .object(let object) where !object.isEmpty:
            return object.members.flatMap { flatten($0.value, path: path.isEmpty ? $0.key : "\(path).\($0.key)") }
        case .array(let elements) where elements.contains { $0.object != nil }:
            return elements.enumerated().flatMap { flatten($0.element, path: "\(path)[\($0.offset)]") }
        case .integer(let usec) where path.hasSuffix("USec") && !path.hasSuffix("bootTimeUSec"):
            return [(path, "\(LocalTime.text(usec)) (\(usec))")]
        default: return [(path, value.words)]
        }
    }

    /// How the type stands out.
    var style: Style {
        switch type {
        case "grant": .good
        case "deny", "deny.summary", "identity.refused", "open.failed": .bad
        case "delivery", "audit.read": .faint
        default: .strong
        }
    }
}
