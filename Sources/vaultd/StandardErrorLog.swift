// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import Logging
import PolicyFiles

/// What the daemon has to say, a line each, on standard error: as text, or as JSON for a collector.
///
/// Where the journal reads (`JOURNAL_STREAM`), a text line carries its priority and no time: the journal has its own.
struct StandardErrorLog: LogHandler {
    private let isJSON: Bool
    private let isJournal: Bool
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    static func logger(_ settings: Settings) -> Logger {
        let log = settings.configuration.log
        let level = (log.level?.value).flatMap { Logger.Level(rawValue: $0.rawValue) } ?? .info
        let isJSON = log.format?.value == .json
        let isJournal = settings.environment["JOURNAL_STREAM"] != nil
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
        StandardError.write(line: line)
    }

    private func text(_ event: LogEvent, _ metadata: [(key: String, value: Logger.MetadataValue)]) -> String {
        let details = metadata.map { " \($0.key)=\($0.value)" }.joined()
        let message = Self.escaped("\(event.message)\(details)")
        return isJournal ? "<\(event.level.priority)>\(message)" : "\(Self.time()) \(event.level): \(message)"
    }

    private func json(_ event: LogEvent, _ metadata: [(key: String, value: Logger.MetadataValue)]) -> String {
        var object: JSONObject = [
            "timeUSec": .integer(SystemClock.wallTimeUSec()), "level": .string(event.level.rawValue),
            "message": .string("\(event.message)"),
        ]
        for (key, value) in metadata { object[key] = .string("\(value)") }
        return JSONValue.object(object).text
    }

    /// Names and reasons come from clients: no control character reaches a terminal.
    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.map {
            $0.value < 0x20 || $0.value == 0x7F ? "\\x\(String($0.value, radix: 16))" : String($0)
        }
        .joined()
    }

    private static func time() -> String {
        var now = time_t(SystemClock.wallTimeUSec() / 1_000_000)
        var parts = tm()
        localtime_r(&now, &parts)
        var buffer = [CChar](repeating: 0, count: 40)
        let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%S%z", &parts)
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
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
