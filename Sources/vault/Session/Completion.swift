// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultClient
import VaultInterface
import VaultModel

/// What the shell completes by asking the broker, when somebody presses the key: what a listing would show to whoever
/// presses it, and nothing where no broker answers within a second. Nobody is denied on record by a key: who may not
/// list rules or records is not asked for them. That the log was read for it is recorded, as whenever it is read.
enum Completion {
    /// Names of capabilities.
    static var names: CompletionKind { kind { names($0, $1) } }

    /// Ids of rules.
    static var rules: CompletionKind { kind { connection, _ in rules(connection) } }

    /// Ids of rules and names of capabilities.
    static var rulesOrNames: CompletionKind { kind { rules($0) + names($0, $1) } }

    /// Numbers of the newest records.
    static var records: CompletionKind {
        kind { connection, _ in
            let filter = AuditInterface.Filter(notType: ["delivery", "audit.read"])
            guard connection.mayI(.audit),
                let reply = try? connection.call(
                    AuditInterface.Query.self, .init(filter: filter, limit: 20, reverse: true))
            else { return [] }
            return reply.entries.map { String($0.record) }
        }
    }

    private static func kind(_ ask: @escaping @Sendable (BrokerConnection, String) -> [String]) -> CompletionKind {
        .custom { words, _, prefix in
            guard let connection = try? BrokerConnection(location(words), timeLimit: .seconds(1)) else { return [] }
            return ask(connection, prefix).filter { $0.hasPrefix(prefix) && isPlain($0) }
        }
    }

    /// Whether it can be a name, an id or a number: their characters are among those of ids. Whoever serves at the socket chooses
    /// the words, and bash expands what it is offered: `$(…)` among them would be run.
    private static func isPlain(_ word: String) -> Bool {
        (try? CapabilityName(word)) != nil || (try? Rule.checkID(word)) != nil
    }

    /// Verbs that take the name of a user about whom they tell behind `--user`.
    private static let aboutUsers: Set = [
        "audit list", "audit summary", "audit report", "policy explain", "policy what-can",
    ]

    /// Which broker the words so far name.
    private static func location(_ words: [String]) -> BrokerLocation {
        if let index = words.lastIndex(of: "--socket"), index + 1 < words.count { return .path(words[index + 1]) }
        if let word = words.last(where: { $0.hasPrefix("--socket=") }) { return .path(String(word.dropFirst(9))) }
        let verb = words.dropFirst().prefix(2).joined(separator: " ")
        return words.contains("--user") && !aboutUsers.contains(verb) ? .user : .automatic
    }

    /// - Parameter prefix: what is there already; only what stands below its complete segments is asked for.
    private static func names(_ connection: BrokerConnection, _ prefix: String) -> [String] {
        let above = prefix.split(at: "/", omittingEmpty: false).dropLast().joined(separator: "/")
        let pattern = (try? CapabilityName(above)).map { "\($0.text)/**" }
        var names: [String] = []
        try? connection.callMore(BrokerInterface.List.self, .init(pattern: pattern)) {
            names += $0.capabilities.map(\.name)
        }
        return names
    }

    private static func rules(_ connection: BrokerConnection) -> [String] {
        guard connection.mayI(.admin) else { return [] }
        var ids: [String] = []
        try? connection.callMore(AdminInterface.Rules.self, .init()) { ids += $0.rules.map(\.id) }
        return ids
    }
}
