// SPDX-License-Identifier: Apache-2.0

import Varlink
import VaultInterface
import VaultLedger
import VaultModel

/// `io.vaultd.Audit`: reading the log, over connections of its own, away from the loop.
extension Broker {
    /// The most entries of one reply.
    static let pageEntries = 500

    func query(
        _ parameters: AuditInterface.Query.Parameters, _ answer: Answer, _ session: Session
    ) async throws(VarlinkError) -> AuditInterface.Query.Reply {
        let filter = try EntryFilter(parameters.filter)
        let isReverse = parameters.reverse ?? false
        var from = try parameters.cursor.map { text throws(VarlinkError) in try Self.index(ofCursor: text) }
        var left = parameters.limit.map { max(0, $0) } ?? .max
        recordReading("query", session)
        while true {
            let page = try await entries(from: from, limit: min(left, Self.pageEntries), isReverse, filter)
            left -= min(left, page.entries.count)
            from = page.next
            let isDone = page.next == nil || left == 0
            let reply = AuditInterface.Query.Reply(
                entries: page.entries.map(AuditInterface.Entry.init),
                // Without a next page the cursor stands at the end, so that a later call goes on with what is new.
                cursor: Self.cursor(page.next ?? (isReverse ? 0 : page.size)))
            guard answer.wantsMore, !isDone, answer.session != nil else { return reply }
            answer.reply(reply, continues: true)
            // A slow reader is waited for, not piled up for.
            while let session = answer.session, session.connection.pendingBytes > 1 << 20 {
                await sleep(microseconds: Self.retryUSec)
            }
        }
    }

    func show(
        _ parameters: AuditInterface.Show.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AuditInterface.Show.Reply {
        guard let index = UInt64(exactly: parameters.record) else { throw .invalidParameter("record") }
        recordReading("show", session)
        let found: [Entry]
        do {
            found = try await reader.related(to: index)
        } catch {
            throw BrokerError.auditUnavailable(message: error.message).varlinkError
        }
        guard !found.isEmpty else { throw BrokerError.notFound(name: "record \(index)").varlinkError }
        return .init(entries: found.map(AuditInterface.Entry.init))
    }

    private func entries(
        from: UInt64?, limit: Int, _ isReverse: Bool, _ filter: EntryFilter
    ) async throws(VarlinkError) -> EntryPage {
        do {
            return try await reader.entries(from: from, limit: limit, reverse: isReverse, filter: filter)
        } catch {
            throw BrokerError.auditUnavailable(message: error.message).varlinkError
        }
    }

    /// Reading the log is in the log; it does not wait for it, since it works while the log cannot be written.
    private func recordReading(_ method: String, _ session: Session) {
        guard recording.isWorking else { return }
        append(.auditRead) {
            $0.peer(session.peerText)
            $0.value("method", method)
        }
    }

    // MARK: Cursors

    private static func cursor(_ index: UInt64) -> String { "i:\(index)" }

    private static func index(ofCursor text: String) throws(VarlinkError) -> UInt64 {
        guard text.hasPrefix("i:"), let index = UInt64(text.dropFirst(2)) else { throw .invalidParameter("cursor") }
        return index
    }
}

extension AuditInterface.Entry {
    fileprivate init(_ entry: Entry) {
        self.init(record: Int(entry.index), text: String(decoding: entry.text, as: UTF8.self))
    }
}

extension EntryFilter {
    fileprivate init(_ filter: AuditInterface.Filter?) throws(VarlinkError) {
        self.init()
        guard let filter else { return }
        sinceUSec = filter.sinceUSec.map(Int64.init)
        untilUSec = filter.untilUSec.map(Int64.init)
        uid = try Self.convert(filter.uid, "uid")
        loginuid = try Self.convert(filter.loginuid, "loginuid")
        pid = try Self.convert(filter.pid, "pid")
        exe = filter.exe ?? []
        unit = filter.unit ?? []
        for text in filter.capability ?? [] {
            guard let pattern = try? NamePattern(text) else { throw .invalidParameter("capability") }
            capability.append(pattern)
        }
        rule = filter.rule ?? []
        type = filter.type ?? []
        decision = filter.decision
        request = filter.request
    }

    private static func convert<Number: FixedWidthInteger>(
        _ values: [Int]?, _ field: String
    ) throws(VarlinkError) -> [Number] {
        var numbers: [Number] = []
        for value in values ?? [] {
            guard let number = Number(exactly: value) else { throw .invalidParameter(field) }
            numbers.append(number)
        }
        return numbers
    }
}
