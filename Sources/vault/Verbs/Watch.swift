// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault watch`: what becomes of names.
struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Show what becomes of capabilities, as it happens.",
        discussion: """
            What is deposited, taken, removed, renewed, expired, revoked or hung up, of the names that rules let you watch. With \
            --cursor-file it begins with what has been recorded since the last event that was printed with that file, so \
            that nothing is missed. When the broker stops it ends with 3.

              vault watch 'jobs/**'
              vault watch --output jsonl --cursor-file /var/lib/worker/cursor
            """)

    @OptionGroup var broker: BrokerOptions

    @Option(
        help: ArgumentHelp("Go on where the watching before with this file ended.", valueName: "path"),
        completion: .file())
    var cursorFile: String?

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("What to print: text, or JSON with an event on each line.", valueName: "format"))
    var output = Format.text

    /// It has no end, which an array would need.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, jsonl
    }

    @Argument(help: "Only names that match.", completion: Completion.names)
    var pattern: String?

    func run() throws {
        let connection = try broker.connect()
        StandardOutput.endWithItsReader { StandardOutput.writeError($0.text(verb: "watch")) }
        var place = try cursorFile.map { try CursorFile($0) }
        do {
            try connection.callMore(
                BrokerInterface.Watch.self, .init(pattern: pattern, cursor: place?.cursor), isEndless: true
            ) { reply in
                for event in reply.events { try StandardOutput.write(line(event)) }
                try place?.move(to: reply.cursor)
            }
        } catch let failure as Failure where failure.parameter == "cursor" {
            throw Failure(
                .usage, "\(place?.path ?? ""): this is no place in a log: '\(place?.cursor ?? "")'",
                next: "the file that a watching with --cursor-file wrote; without it one begins with what is new")
        }
        throw Failure(
            .unavailable, "the broker stopped, and the watching with it", next: "the same command when it runs again")
    }

    private func line(_ event: BrokerInterface.Event) -> String {
        guard output == .text else { return String(decoding: event.jsonBytes(), as: UTF8.self) + "\n" }
        let details = [event.lease.map { "lease \($0)" }, event.why.map { "(\($0))" }].compactMap { $0 }
        let words = [LocalTime.text(Int64(event.timeUSec)), event.type, event.name] + details
        return words.map(\.escaped).joined(separator: "  ") + "\n"
    }
}
