// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface
import VaultModel

/// `vault policy who-can`: who may have a capability.
struct PolicyWhoCan: ParsableCommand, PagedVerb {
    static let configuration = CommandConfiguration(
        commandName: "who-can",
        abstract: "List who may have a capability, by the rules.",
        discussion: """
            The conditions that remain are listed beside each: it depends on them whether a request is granted.

              vault policy who-can logs/web
              vault policy who-can logs/web --action remove
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions
    @OptionGroup var pager: PagerOption

    @Argument(help: "The capability.", completion: Completion.names)
    var name: String

    @Option(help: ArgumentHelp("What is asked. Else open.", valueName: "action"))
    var action: Action?

    func run() throws {
        try format.list(
            broker.connect(), AdminInterface.WhoCan.self, .init(name: name, action: action?.rawValue), \.answers,
            in: .answers, row: \.cells)
    }
}

/// `vault policy what-can`: what somebody may have.
struct PolicyWhatCan: ParsableCommand, PagedVerb {
    static let configuration = CommandConfiguration(
        commandName: "what-can",
        abstract: "List what somebody may have, by the rules.",
        discussion: """
            The conditions that remain are listed beside each: it depends on them whether a request is granted.

              vault policy what-can --user alice
              vault policy what-can --uid 33 --unit nginx.service
            """)

    @OptionGroup var broker: SocketOption
    @OptionGroup var subject: SubjectOptions
    @OptionGroup var format: OutputOptions
    @OptionGroup var pager: PagerOption

    func run() throws {
        guard let subject = try subject.subject() else {
            throw Failure(.usage, "who?", next: "vault policy what-can --user alice")
        }
        try format.list(
            broker.connect(), AdminInterface.WhatCan.self, .init(subject: subject), \.answers, in: .answers,
            row: \.cells)
    }
}

extension Table {
    /// For the answers to who-can and what-can.
    static var answers: Table { Table("WHO", "CAPABILITY", "RIGHTS", "RULE", "IF") }
}

extension AdminInterface.Answer {
    /// A row of `Table.answers`.
    var cells: [Table.Cell] {
        [
            .init(subject.words), .init(name, .strong), .init(rights.joined(separator: ",")), .init(rule),
            .init(conditions.isEmpty ? "always" : conditions.joined(separator: ", ")),
        ]
    }
}

extension AdminInterface.Subject {
    /// `uid:1000 unit:web.service`; `anyone` when nothing is said.
    fileprivate var words: String {
        let facts: [(String, String?)] = [
            ("uid", uid.map(String.init)), ("gid", gid.map(String.init)),
            ("groups", groups.map { $0.map(String.init).joined(separator: ",") }), ("label", label), ("cgroup", cgroup),
            ("unit", unit), ("loginuid", loginuid.map(String.init)), ("exe", exe), ("namespace", namespace),
            ("container", container), ("pod", pod),
        ]
        let known = facts.compactMap { name, value in value.map { "\(name):\($0)" } }
        return known.isEmpty ? "anyone" : known.joined(separator: " ")
    }
}
