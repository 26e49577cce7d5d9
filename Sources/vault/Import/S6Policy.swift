// SPDX-License-Identifier: Apache-2.0

import FDHolderProtocol
import JSONText
import TerminalKit
import VaultModel

/// What the rules of s6-fdholderd permit, as a policy that permits no more.
///
/// Of the entries that could be about a client s6 takes the first alone, and here all rules that are about somebody count; so what
/// everybody may is forbidden to those who have an entry that does not say so, and a group is those whose primary group it is.
struct S6Policy {
    private let names: FDHolderNames
    private var rules: [[String]] = []
    private(set) var remarks: [S6Rules.Remark]
    private let isListed: Bool
    private let othersPermit: [Permit]

    /// What one entry permits of one kind.
    private struct Permit {
        let id: String
        let actions: String
        let patterns: [String]
    }

    /// - Parameter primary: the users whose primary group a number is.
    init(_ rules: S6Rules, _ names: FDHolderNames, primary: (UInt32) -> [UInt32]) {
        self.names = names
        remarks = rules.remarks
        let all = Array(rules.users.values) + Array(rules.groups.values) + [rules.others].compactMap(\.self)
        isListed = all.contains { $0.isAllowed && $0.list }
        othersPermit = rules.others.map { Self.permits($0, names) } ?? []
        for (uid, entry) in rules.users.sorted(by: { $0.key < $1.key }) {
            add(entry, "s6-uid-\(uid)", to: "{ uid: \(uid) }")
            forbid(entry, "s6-uid-\(uid)", to: "{ uid: \(uid) }")
        }
        for (gid, entry) in rules.groups.sorted(by: { $0.key < $1.key }) {
            let users = primary(gid).filter { rules.users[$0] == nil }
            let list = users.map(String.init).joined(separator: ", ")
            if users.isEmpty, entry.isAllowed, !Self.permits(entry, names).isEmpty || entry.list {
                narrow(
                    "\(entry.place): nobody without an entry of its own has the primary group \(gid) in /etc/passwd",
                    "a rule with `to: { uid: N, gid: \(gid) }` for each user N that is meant")
            } else {
                add(entry, "s6-gid-\(gid)", to: "{ uid: [\(list)], gid: \(gid) }")
            }
            forbid(entry, "s6-gid-\(gid)", to: "{ gid: \(gid) }")
        }
        if let others = rules.others { add(others, "s6-everybody", to: "anyone") }
        forbidList(rules)
    }

    private mutating func narrow(_ message: String, _ remedy: String) {
        remarks.append(.init(message: message, remedy: remedy))
    }

    private static func permits(_ entry: S6Rules.Entry, _ names: FDHolderNames) -> [Permit] {
        guard entry.isAllowed else { return [] }
        func whole(_ expression: S6Expression?, _ everything: Bool) -> [String] {
            (everything ? ["*"] : expression?.patterns ?? []).map { "\(names.prefix)/\($0)" }
        }
        return [
            Permit(id: "store", actions: "deposit, remove", patterns: whole(entry.store, entry.setDump)),
            Permit(id: "retrieve", actions: "open", patterns: whole(entry.retrieve, entry.getDump)),
        ].filter { !$0.patterns.isEmpty }
    }

    // MARK: Rules

    private mutating func add(_ entry: S6Rules.Entry, _ id: String, to whom: String) {
        for permit in Self.permits(entry, names) {
            rule("\(id)-\(permit.id)", "permit", permit.actions, permit.patterns, whom)
        }
        if entry.isAllowed, entry.list { rule("\(id)-list", "permit", "list", [names.prefix + "/**"], whom) }
    }

    /// What everybody may, and the entry does not say.
    private mutating func forbid(_ entry: S6Rules.Entry, _ id: String, to whom: String) {
        let own = Self.permits(entry, names)
        for permit in othersPermit {
            let mine = own.first { $0.id == permit.id }?.patterns ?? []
            let excess = permit.patterns.filter { pattern in !mine.contains { Self.covers($0, pattern) } }
            guard !excess.isEmpty else { continue }
            rule("\(id)-not-\(permit.id)", "forbid", permit.actions, excess, whom)
            if excess.contains(where: { pattern in mine.contains { Self.overlaps($0, pattern) } }) {
                narrow(
                    "\(entry.place) permits a part of what uid/default does: all of that is forbidden here",
                    "write patterns for uid/default that leave out what only \(entry.place) is to have")
            }
        }
    }

    /// Who may open, store or delete a name would see it.
    private mutating func forbidList(_ rules: S6Rules) {
        guard isListed else {
            return rule("s6-nobody-lists", "forbid", "list", [names.prefix + "/**"], "anyone")
        }
        if let others = rules.others, !others.list, !othersPermit.isEmpty {
            narrow(
                "uid/default may list nothing, and others may: here nobody lists",
                "give uid/default S6_FDHOLDER_LIST, or take the rule s6-nobody-lists out: then each sees the names that it may use"
            )
            return rule("s6-nobody-lists", "forbid", "list", [names.prefix + "/**"], "anyone")
        }
        for (kind, entries) in [("uid", rules.users), ("gid", rules.groups)] {
            for (number, entry) in entries.sorted(by: { $0.key < $1.key }) where !(entry.isAllowed && entry.list) {
                rule(
                    "s6-\(kind)-\(number)-lists-not", "forbid", "list", [names.prefix + "/**"], "{ \(kind): \(number) }"
                )
            }
        }
    }

    private mutating func rule(
        _ id: String, _ effect: String, _ actions: String, _ patterns: [String], _ whom: String
    ) {
        let fitting = patterns.filter { (try? NamePattern($0)) != nil }
        if fitting.count < patterns.count {
            narrow("the rule \(id) would have a pattern that is longer than names are", "a shorter prefix")
        }
        guard !fitting.isEmpty else { return }
        let list = fitting.map { "\"\($0)\"" }.joined(separator: ", ")
        rules.append([
            "  - id: \(id)", "    \(effect): [\(actions)]", "    capability: [\(list)]", "    to: \(whom)",
        ])
    }

    private static func covers(_ wide: String, _ narrow: String) -> Bool {
        guard let wide = try? NamePattern(wide), let narrow = try? NamePattern(narrow) else { return false }
        return wide.covers(narrow)
    }

    private static func overlaps(_ left: String, _ right: String) -> Bool {
        guard let left = try? NamePattern(left), let right = try? NamePattern(right) else { return true }
        return left.overlaps(right)
    }

    // MARK: The file

    /// A policy file, with what could not be said in it as comments.
    func text(of directory: String) -> String {
        var lines = [
            "# Made by `vault import s6-rules` of \(directory.escaped).",
            "# An identifier of s6 is the name \(names.prefix)/IDENTIFIER; what a name cannot hold is written +HH.",
            "# s6-fdholderd holds directories, devices and files of any file system, too. Here a rule that lets deposit has to",
            "# say so: directories: yes, devices: yes, any-filesystem: yes.",
        ]
        for remark in remarks {
            lines += ["#", "# \(remark.message)", "# Try: \(remark.remedy)"]
        }
        lines += ["vault: 1", rules.isEmpty ? "rules: []" : "rules:"]
        return (lines + rules.flatMap(\.self)).joined(separator: "\n") + "\n"
    }
}
