// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault policy what-can`: what somebody may have.
struct PolicyWhatCan: ParsableCommand {
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

    func run() throws {
        guard let subject = try subject.subject() else {
            throw Failure(.usage, "who?", next: "vault policy what-can --user alice")
        }
        var printer = ListingPrinter<AdminInterface.Answer>(format.output, .answers) { $0.cells }
        try broker.connect().callMore(AdminInterface.WhatCan.self, .init(subject: subject)) {
            try printer.print($0.answers)
        }
        try printer.finish()
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
        ]
        let known = facts.compactMap { name, value in value.map { "\(name):\($0)" } }
        return known.isEmpty ? "anyone" : known.joined(separator: " ")
    }
}
