// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface
import VaultModel

/// `vault can-i`: whether the caller may do something.
struct CanI: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "can-i",
        abstract: "Ask whether you may do something, and do nothing.",
        discussion: """
            The exit status is 0 where the rules permit it now, and 1 where they do not, or nothing of that name is \
            there; it is 3 where nobody answers. Anybody may ask about himself, and nothing is opened, used up or \
            recorded. What somebody else may is asked with 'vault policy explain'.

              vault can-i open logs/web/access
              vault can-i open logs/web/access --rights read,write && start-server
              vault can-i admin
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @Option(help: ArgumentHelp("The rights that are needed, with commas. Else any.", valueName: "rights"))
    var rights: Rights?

    @Argument(help: "What: open, list, deposit, remove, renew, watch, audit or admin.")
    var action: Action

    @Argument(help: "The capability; none for audit and admin.", completion: Completion.names)
    var name: String?

    func validate() throws {
        if action.takesCapability, name == nil { throw ValidationError("\(action.rawValue) what? Write a name") }
        if !action.takesCapability, name != nil {
            throw ValidationError("\(action.rawValue) is about the vault, not about a name")
        }
        if rights != nil, action != .open, action != .deposit {
            throw ValidationError("only open and deposit ask for rights")
        }
    }

    func run() throws {
        let reply = try broker.connect().call(
            BrokerInterface.CanI.self, .init(action: action.rawValue, name: name, rights: rights?.words))
        var text = Style.of(decision: reply.permitted ? "permit" : "deny").applied(
            to: reply.permitted ? "yes" : "no", colours: Terminal.output.hasColours)
        if !reply.rights.isEmpty { text += " (\(reply.rights.joined(separator: ",").escaped))" }
        if reply.needsReason { text += ", with a --reason" }
        try format.print(reply, text: text + "\n")
        if !reply.permitted { throw ExitCode(Failure.Status.refused.rawValue) }
    }
}

extension BrokerConnection {
    /// Whether the caller may administer the vault, or read its log. Asked without a trace in the log; a broker that does
    /// not know the question has no answer to it.
    func mayI(_ action: Action) -> Bool {
        (try? call(BrokerInterface.CanI.self, .init(action: action.rawValue)))?.permitted ?? false
    }

    /// The newest grants that a filter lets through, the newest first; nil for who may not read the log.
    func newestGrants(_ filter: AuditInterface.Filter, count: Int = 5) throws -> [AuditInterface.Entry]? {
        guard mayI(.audit) else { return nil }
        var filter = filter
        filter.type = ["grant"]
        var entries: [AuditInterface.Entry] = []
        try callMore(AuditInterface.Query.self, .init(filter: filter, limit: count, reverse: true)) {
            entries += $0.entries
        }
        return entries
    }
}
