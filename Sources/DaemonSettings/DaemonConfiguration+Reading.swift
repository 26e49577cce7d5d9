// SPDX-License-Identifier: Apache-2.0

internal import FDHolderProtocol
internal import PolicyFiles
package import VaultModel

extension DaemonConfiguration {
    /// Reads the text of `vaultd.yaml`. All problems are found in one run; with one, the configuration must not be
    /// used. A file without a value says nothing.
    package static func read(path: String, text: String) -> (DaemonConfiguration, [PolicyProblem]) {
        let problems = ProblemList()
        var configuration = DaemonConfiguration()
        if let node = YAMLDocument.read(text, path: path, allowsEmpty: true, problems: problems) {
            configuration.read(node, problems)
        }
        return (configuration, problems.inOrder())
    }

    private mutating func read(_ node: DocumentNode, _ problems: ProblemList) {
        let keys = [
            "socket", "s6-socket", "notify-socket", "credentials-socket", "metrics-socket", "state", "policies",
            "run-as", "opener", "limits", "audit", "log",
        ]
        guard let mapping = MappingReader(node, "the configuration", keys: keys, problems: problems) else { return }
        state = mapping.setting("state", Self.path)
        policies = mapping.setting("policies", Self.path)
        runAs = mapping.setting("run-as", Self.text)
        mapping.section("socket", ["path", "mode"]) { section in
            socket.path = section.setting("path", ScalarText.socketPath)
            socket.mode = section.setting("mode", ScalarText.mode)
        }
        mapping.section("s6-socket", ["path", "mode", "prefix"]) { section in
            s6Socket.path = section.setting("path", ScalarText.socketPath)
            s6Socket.mode = section.setting("mode", ScalarText.mode)
            s6Socket.prefix = section.setting("prefix") { (text: String) throws(InvalidText) -> String in
                try FDHolderNames(prefix: text).prefix
            }
        }
        mapping.section("notify-socket", ["path", "prefix", "mode"]) { section in
            let path = section.setting("path", ScalarText.socketPath)
            let prefix = section.setting("prefix") {
                (text: String) throws(InvalidText) -> StoreNames in try StoreNames(prefix: text)
            }
            if let path, let prefix {
                notifySocket = NotifySocket(
                    path: path, prefix: prefix, mode: section.setting("mode", ScalarText.mode))
            } else {
                for key in ["path", "prefix"] where section.node(key) == nil {
                    problems.add(
                        "'notify-socket' has no '\(key)'",
                        remedy: #"write path: /run/vaultd/notify.sock and "#
                            + #"prefix: "services/{unit}""#, at: mapping.valuePlace("notify-socket"))
                }
            }
        }
        mapping.section("credentials-socket", ["path", "mode", "names"]) { section in
            credentialsSocket.path = section.setting("path", ScalarText.socketPath)
            credentialsSocket.mode = section.setting("mode", ScalarText.mode)
            credentialsSocket.names = section.setting("names") {
                (text: String) throws(InvalidText) -> CredentialNames in try CredentialNames(text)
            }
        }
        mapping.section("metrics-socket", ["path", "mode", "listen"]) { section in
            let path = section.setting("path", ScalarText.socketPath)
            let mode = section.setting("mode", ScalarText.mode)
            let port = section.setting("listen") { (text: String) throws(InvalidText) in try LoopbackAddress(text) }
            switch (path, port) {
            case (let path?, nil):
                metricsSocket = Setting(.path(path.value, mode: mode?.value ?? 0o600), place: path.place)
            case (nil, let port?) where section.node("mode") == nil:
                metricsSocket = Setting(.port(port.value), place: port.place)
            default:
                // What is wrong with one that is there has been said.
                let keys = ["path", "listen"].filter { section.node($0) != nil }
                guard keys.count != 1 || section.node("path") == nil && section.node("mode") != nil else { return }
                problems.add(
                    "'metrics-socket' has to be a path or a port",
                    remedy: #"write path: /run/vaultd/metrics.sock with a mode, or listen: "127.0.0.1:9469""#,
                    at: mapping.valuePlace("metrics-socket"))
            }
        }
        mapping.section("opener", ["roots", "timeout", "workers", "helpers", "helper-user"]) { section in
            opener.roots = section.settings("roots", Self.root)
            opener.timeoutUSec = section.setting("timeout", Self.openerTimeout)
            opener.workers = section.setting("workers", ScalarText.number(1...64))
            opener.helpers = section.settings("helpers", ScalarText.plainPath)
            opener.helperUser = section.setting("helper-user", Self.text)
        }
        mapping.section("limits", Self.limitKeys) { limits.read($0) }
        mapping.section("audit", ["durability", "checkpoint", "origin", "facts"]) { audit.read($0) }
        mapping.section("log", ["level", "format"]) { section in
            log.level = section.setting("level", Self.word)
            log.format = section.setting("format", Self.word)
        }
    }

    private static let limitKeys = [
        "connections", "connections-per-uid", "message", "idle", "half-message", "deposits-per-uid",
        "records-per-uid", "leases-per-uid", "holders",
    ]

    // MARK: Values

    fileprivate static func text(_ text: String) throws(InvalidText) -> String { text }

    fileprivate static func path(_ text: String) throws(InvalidText) -> String { try ScalarText.program(text) }

    /// A directory; `/` is one, too.
    fileprivate static func root(_ text: String) throws(InvalidText) -> String {
        if text == "/" { return text }
        _ = try ScalarText.path(text)
        return try ScalarText.plainPath(text)
    }

    fileprivate static func positiveDuration(_ text: String) throws(InvalidText) -> Int64 {
        try ScalarText.duration(suchAs: "5s")(text)
    }

    /// What the opener takes, which counts in milliseconds.
    private static func openerTimeout(_ text: String) throws(InvalidText) -> Int64 {
        let duration = try positiveDuration(text)
        guard (1000...DurationText.hour).contains(duration) else {
            throw InvalidText("'\(text)' is no time from 1ms to 1h", remedy: "write a time such as 5s")
        }
        return duration
    }

    /// One of a few words.
    fileprivate static func word<Word: RawRepresentable<String> & CaseIterable>(_ text: String) throws(InvalidText)
        -> Word
    {
        try ScalarText.word("is not known here", of: Array(Word.allCases))(text)
    }
}

extension DaemonConfiguration.Limits {
    fileprivate mutating func read(_ section: MappingReader) {
        let count = ScalarText.number(1...1_000_000)
        connections = section.setting("connections", count)
        connectionsPerUID = section.setting("connections-per-uid", count)
        messageBytes = section.setting("message") { (text: String) throws(InvalidText) -> Int in
            let size = try SizeText.parse(text)
            guard (4096...(64 << 20)).contains(size) else {
                throw InvalidText("'\(text)' is no size for messages", remedy: "write a size from 4KiB to 64MiB")
            }
            return size
        }
        idleUSec = section.setting("idle", DurationText.parse)
        halfMessageUSec = section.setting("half-message", DaemonConfiguration.positiveDuration)
        depositsPerUID = section.setting("deposits-per-uid", count)
        recordsPerUID = section.setting("records-per-uid", count)
        leasesPerUID = section.setting("leases-per-uid", count)
        holders = section.setting("holders", count)
        if let all = connections, let each = connectionsPerUID, each.value > all.value {
            section.problems.add(
                "a uid may have more connections than there are in all",
                remedy: "write at most \(all.value), or raise 'connections'", at: each.place)
        }
    }
}

extension DaemonConfiguration.Audit {
    fileprivate mutating func read(_ section: MappingReader) {
        durability = section.setting("durability") { (text: String) throws(InvalidText) -> Durability in
            guard let durability = Durability(rawValue: text) else {
                throw InvalidText(
                    "the durability '\(text)' does not keep what the log promises", remedy: "write durability: full")
            }
            return durability
        }
        facts = section.settings("facts", DaemonConfiguration.word)
        section.section("checkpoint", ["records", "every"]) { checkpoint in
            checkpointRecords = checkpoint.setting("records", ScalarText.number(1...1_000_000_000))
            checkpointEveryUSec = checkpoint.setting("every", DaemonConfiguration.positiveDuration)
        }
        origin = section.setting("origin") { (text: String) throws(InvalidText) -> String in
            guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "+") }) else {
                throw InvalidText("an origin has no spaces and no '+'", remedy: "write a name such as HOSTNAME/audit")
            }
            return text
        }
    }
}

extension MappingReader {
    fileprivate func setting<Value: Sendable & Equatable>(
        _ key: String, _ parse: (String) throws(InvalidText) -> Value
    ) -> Setting<Value>? {
        value(key, parse).map { Setting($0, place: valuePlace(key)) }
    }

    fileprivate func settings<Value: Sendable & Equatable>(
        _ key: String, _ parse: (String) throws(InvalidText) -> Value
    ) -> Setting<[Value]>? {
        values(key, parse).map { Setting($0, place: valuePlace(key)) }
    }

    fileprivate func section(_ key: String, _ keys: [String], _ read: (MappingReader) -> Void) {
        guard let node = node(key), let section = MappingReader(node, "'\(key)'", keys: keys, problems: problems)
        else { return }
        read(section)
    }
}
