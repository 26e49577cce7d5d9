// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Records
import TerminalKit
import VaultInterface

/// `vault audit show`: one record, and what belongs to it.
struct AuditShow: ParsableCommand, PagedVerb {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a record, and the others of the same request.",
        discussion: """
            A grant is shown with its delivery and what ended it; a denial with the rules that were tried and what was \
            wanted and found. With --archive it is looked for in a file that 'vault audit prune' wrote.

              vault audit show 17
              vault audit show 17 --archive /archive/audit-2025
              vault audit show 17 --output json
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions
    @OptionGroup var pager: PagerOption

    @Option(
        help: ArgumentHelp("A file that prune or export wrote, in place of the log.", valueName: "path"),
        completion: .file())
    var archive: String?

    @Argument(help: "The number of a record.", completion: Completion.records)
    var record: Int

    func run() throws {
        let entries =
            try archive.map { try related(in: $0) }
            ?? broker.connect().call(AuditInterface.Show.self, .init(record: record)).entries
        guard format.output == .text else {
            var printer = RecordPrinter(format.output)
            try printer.print(entries)
            return try printer.finish()
        }
        let colours = Terminal.output.hasColours
        try StandardOutput.write(entries.map { RecordSummary($0).report(colours: colours) }.joined(separator: "\n"))
    }

    /// The record, the others of its request, and what says that it is about one of their grants.
    private func related(in path: String) throws -> [AuditInterface.Entry] {
        let archive = try ArchivedRecords(verifying: path)
        var found: AuditInterface.Entry?
        try archive.read(EntryFilter()) { if $0.record == record { found = $0 } }
        guard let found else {
            throw Failure(
                .refused, "there is no record \(record) in \(path)",
                next: "vault audit list --all --archive \(path)")
        }
        let fields = found.fields
        var grants: Set<UInt64> = []
        if let grant = fields.grant ?? UInt64(exactly: record) { grants.insert(grant) }
        var entries: [AuditInterface.Entry] = []
        try archive.read(EntryFilter()) { entry in
            let other = entry.fields
            let isOfRequest = fields.request != nil && other.request == fields.request
            if isOfRequest, other.type == RecordType.grant.rawValue { grants.insert(UInt64(entry.record)) }
            let isAboutGrant = other.grant.map(grants.contains) ?? false
            if entry.record == record || isOfRequest || isAboutGrant || grants.contains(UInt64(entry.record)) {
                entries.append(entry)
            }
        }
        return entries
    }
}

extension AuditInterface.Entry {
    fileprivate var fields: RecordFields {
        Array(text.utf8).withUnsafeBytes { RecordFields($0) }
    }
}
