// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault audit export`: the log itself.
struct AuditExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the whole log out, as it is stored.",
        discussion: """
            jsonl: the exact bytes of each record on a line. archive: the same behind a line with a signed checkpoint, \
            so that 'vault audit verify --archive' can check the file alone. tiles: a directory that any C2SP tlog-tiles \
            client reads, with checkpoint, hash tiles and entry bundles; an export into the same directory later reads and \
            adds what is new, and refuses with status 5 where the log is not a continuation of what is there: its hashes \
            are compared, and entries that are there are not read again.

            What leaves as archive or tiles is verified on the way: no archive is left behind, and no checkpoint in the \
            directory, that does not fit. A device, a pipe or standard output has it all by then: what counts there is \
            the exit status.

              vault audit export > audit.jsonl
              vault audit export --format archive --out /backup/audit.archive
              vault audit export --format tiles --out /srv/www/audit
            """)

    @OptionGroup var broker: BrokerOptions

    @Option(help: "What to write.")
    var format = Format.jsonl

    @Option(help: ArgumentHelp("jsonl: begin with this record.", valueName: "record"))
    var from: Int?

    @Option(help: ArgumentHelp("jsonl: stop before this record.", valueName: "record"))
    var to: Int?

    @Option(
        help: ArgumentHelp(
            "The file, - for standard output, or for tiles the directory. Else, for jsonl, standard output.",
            valueName: "path"), completion: .file())
    var out: String?

    /// What was written before there was --out.
    @Argument(help: .hidden, completion: .file())
    var file: String?

    private var path: String? { out ?? file }

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case jsonl, archive, tiles
    }

    func validate() throws {
        if let from, let to, from > to { throw ValidationError("--from \(from) is behind --to \(to)") }
        if out != nil, file != nil { throw ValidationError("--out and \(file ?? "") are two places") }
        if format != .jsonl, path == nil { throw ValidationError("--format \(format.rawValue) needs --out") }
        if format != .jsonl, from != nil || to != nil {
            throw ValidationError("--from and --to go with jsonl; an archive and tiles hold the log from its beginning")
        }
    }

    func run() throws {
        let connection = try broker.connect()
        switch format {
        case .jsonl: try writeLines(connection)
        case .archive:
            let place = path == "-" ? nil : try OutputPlace(path ?? "")
            let isInPlace = place?.isInPlace ?? true
            let stream = try LogStream(connection)
            try OfflineProgram.run(
                ["audit", "archive"] + (isInPlace ? ["--in-place"] : []) + ["--", place?.path ?? "-"]
            ) { try stream.read($0) }
        case .tiles:
            var stream = try LogStream(connection)
            try stream.leaveOut(tilesIn: path ?? "")
            try OfflineProgram.run(["audit", "tiles", "--", path ?? ""]) { [stream] in try stream.read($0) }
        }
    }

    private func writeLines(_ connection: BrokerConnection) throws {
        let output = try path.flatMap { $0 == "-" ? nil : try LineFile($0) }
        var pruned = 0
        try connection.callMore(
            AuditInterface.Export.self, .init(from: from, to: to), as: ExportedLines.self
        ) { part in
            pruned += part.tiles?.count ?? 0
            if let output {
                try output.write(part.lines)
            } else if Terminal.output.isTerminal {
                try StandardOutput.write(JSONOutput.shown(part.lines))
            } else {
                try StandardOutput.write(part.lines)
            }
        }
        try output?.finish()
        if pruned > 0 {
            StandardOutput.writeError(
                "vault: audit export: the texts of \(pruned * 256) records were pruned; archives hold them\n")
        }
    }
}
