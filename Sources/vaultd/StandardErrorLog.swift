// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import Logging
import TerminalKit

/// What the daemon has to say, a line each, on standard error: as text, or as JSON for a collector.
///
/// Where the journal reads (`JOURNAL_STREAM`), a text line carries its priority and no time: the journal has its own.
///
/// Names and reasons come from clients: what a terminal or a collector would act on is escaped, and what is long is cut.
struct StandardErrorLog: LogHandler {
    /// The most bytes of a message: a path and what is said of it.
    private static let longestMessage = 6 << 10
    /// The most bytes of each value beside it.
    private static let longestValue = 1 << 10

    private let isJSON: Bool
    private let isJournal: Bool
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    static func logger(_ settings: Settings) -> Logger {
        let log = settings.configuration.log
        let level = (log.level?.value).flatMap { Logger.Level(rawValue: $0.rawValue) } ?? .info
        let isJSON = log.format?.value == .json
        let isJournal = Environment["JOURNAL_STREAM"] != nil
        return Logger(label: "vaultd") { _ in
            StandardErrorLog(isJSON: isJSON, isJournal: isJournal, logLevel: level)
        }
    }

    private init(isJSON: Bool, isJournal: Bool, logLevel: Logger.Level) {
        self.isJSON = isJSON
        self.isJournal = isJournal
        self.logLevel = logLevel
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let line = isJSON ? json(event, all) : text(event, all)
        StandardOutput.writeErrorLine(line)
    }

    private func text(_ event: LogEvent, _ metadata: [(key: String, value: Logger.MetadataValue)]) -> String {
        let details = metadata.map { " \($0.key)=" + "\($0.value)".escaped(limit: Self.longestValue) }.joined()
        let message = "\(event.message)".escaped(limit: Self.longestMessage) + details
        return isJournal
            ? "<\(event.level.priority)>\(message)" : "\(LocalTime.text(LocalTime.now)) \(event.level): \(message)"
    }

    private func json(_ event: LogEvent, _ metadata: [(key: String, value: Logger.MetadataValue)]) -> String {
        var object: JSONObject = [
            "timeUSec": .integer(SystemClock.wallTimeUSec()), "level": .string(event.level.rawValue),
            "message": .string("\(event.message)".cut(to: Self.longestMessage)),
        ]
        for (key, value) in metadata { object[key] = .string("\(value)".cut(to: Self.longestValue)) }
        // A collector's reader sees what was said, and whoever looks at the lines themselves is safe.
        return JSONOutput.shown(object.jsonBytes(), isTerminal: true)
    }
}

extension Logger.Level {
    /// The priorities of syslog(3).
    fileprivate var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
