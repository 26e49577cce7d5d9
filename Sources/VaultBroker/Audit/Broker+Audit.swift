// SPDX-License-Identifier: Apache-2.0

import Records
import TransparencyLog
import Varlink
import VaultCore
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
        let follows = parameters.follow ?? false
        if follows, isReverse { throw .invalidParameter("reverse") }
        if follows, !answer.wantsMore { throw .expectedMore }
        if parameters.last != nil, !follows || parameters.cursor != nil { throw .invalidParameter("last") }
        if let limit = parameters.limit, limit < 0 { throw .invalidParameter("limit") }
        if let last = parameters.last, last < 0 { throw .invalidParameter("last") }
        var from = try await start(at: parameters.cursor)
        if let last = parameters.last { from = try await place(ofNewest: last, filter, answer) }
        var left = parameters.limit ?? .max
        let own = try recordReading("query", session)
        var isFirst = true
        while true {
            var page = try await entries(from: from, limit: min(left, Self.pageEntries), isReverse, filter)
            // Records of the following itself are not sent to whoever follows.
            if follows { page.entries.removeAll { $0.index == own } }
            left -= min(left, page.entries.count)
            from = page.next
            let isDone = page.next == nil || left == 0
            // Without a next page the cursor stands at the end, so that a later call goes on with what is new.
            let cursor = try await cursor(page.next ?? (isReverse ? 0 : page.size))
            await waitForTurn(session)
            let reply = AuditInterface.Query.Reply(
                entries: page.entries.map(AuditInterface.Entry.init), cursor: cursor)
            try await stillPermits([.audit], session)
            guard answer.wantsMore, left > 0, !isDone || follows, phase == .serving else {
                return reply
            }
            if isFirst || !page.entries.isEmpty || !isDone { answer.reply(reply, continues: true) }
            isFirst = false
            await waitForReader(answer)
            if isDone {
                await growth(beyond: page.size, session)
                from = page.size
            }
        }
    }

    /// Where the newest of those that match begin; the end of the log where none does.
    private func place(
        ofNewest count: Int, _ filter: EntryFilter, _ answer: Answer
    ) async throws(VarlinkError) -> UInt64 {
        var left = count
        var (from, first, end): (UInt64?, UInt64?, UInt64?)
        repeat {
            let page = try await entries(from: from, limit: min(left, Self.pageEntries), true, filter)
            (first, end) = (page.entries.last?.index ?? first, end ?? page.size)
            left -= page.entries.count
            from = page.next
        } while left > 0 && from != nil && answer.session != nil
        return first ?? end ?? 0
    }

    /// A slow reader is waited for, not piled up for, and one whose uid has had its share until there is something left of it
    /// again: the next part is charged before it is made.
    /// - Parameter price: of the next part, where that is not charged as it is made.
    func waitForReader(_ answer: Answer, price: Int64 = CallPrice.page) async {
        guard let uid = answer.session?.identity.uid else { return }
        core.turns.charge(price, uid)
        while let session = answer.session,
            session.connection.pendingBytes > core.turns.unreadLimit(uid) || !core.turns.hasBudget(uid)
        {
            await sleep(microseconds: Self.retryUSec, orUntilReadBy: session)
        }
    }

    /// Most readers need far less than that; what else may end the wait, no event tells.
    private func sleep(microseconds: Int64, orUntilReadBy session: Session) async {
        let number = session.number
        await withCheckedContinuation { continuation in
            session.readerIsAwaited = continuation
            _ = loop.timer(after: .microseconds(microseconds)) { [weak self] in
                self?.assumeIsolated { $0.sessions[number]?.noteRead() }
            }
        }
    }

    func show(
        _ parameters: AuditInterface.Show.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AuditInterface.Show.Reply {
        guard let index = UInt64(exactly: parameters.record) else { throw .invalidParameter("record") }
        try recordReading("show", session)
        try refusePruned(index)
        let found: [Entry]
        do {
            found = try await reader.related(to: index)
        } catch {
            throw BrokerError.auditUnavailable(message: error.message).varlinkError
        }
        guard !found.isEmpty else { throw BrokerError.notFound(name: "record \(index)").varlinkError }
        return .init(entries: found.map(AuditInterface.Entry.init))
    }

    func entries(
        from: UInt64?, limit: Int, _ isReverse: Bool, _ filter: EntryFilter
    ) async throws(VarlinkError) -> EntryPage {
        do {
            return try await reader.entries(
                from: from, limit: limit, reverse: isReverse, filter: filter, prunedBefore: journal.prunedBefore)
        } catch {
            throw BrokerError.auditUnavailable(message: error.message).varlinkError
        }
    }

    func summarize(
        _ parameters: AuditInterface.Summarize.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AuditInterface.Summarize.Reply {
        let filter = try EntryFilter(parameters.filter)
        guard let key = SummaryKey(parameters.by, everyUSec: parameters.everyUSec.map(Int64.init)) else {
            throw .invalidParameter(parameters.by == "time" ? "everyUSec" : "by")
        }
        try recordReading("summarize", session)
        do {
            let counts = try await reader.summary(by: key, filter: filter)
            return .init(
                counts: counts.map {
                    .init(
                        key: $0.key, grants: Int($0.grants), denials: Int($0.denials), missing: Int($0.missing))
                })
        } catch {
            throw BrokerError.auditUnavailable(message: error.message).varlinkError
        }
    }

    /// Reading the log is in the log; it does not wait for it, since it works while the log cannot be written.
    /// - Returns: the index of the record, where there is one.
    /// - Throws: `QuotaExceeded`, where the uid has written its share of records for this second.
    @discardableResult
    func recordReading(_ method: String, _ session: Session) throws(VarlinkError) -> UInt64? {
        guard journal.isWorking else { return nil }
        try chargeRecord(session)
        return journal.append(.auditRead(peer: session.peerText, method: method))
    }

    /// Counts one more record for the uid, as for any call that is permitted.
    func chargeRecord(_ session: Session) throws(VarlinkError) {
        guard core.grants.admit(records: 1, session.caller) else {
            throw core.grants.tooManyRecords.brokerError.varlinkError
        }
    }

    /// Refuses what only the hash of a record could answer.
    func refusePruned(_ index: UInt64) throws(VarlinkError) {
        guard index < journal.prunedBefore else { return }
        throw AuditError.pruned(record: Int(clamping: index), before: Int(clamping: journal.prunedBefore))
            .varlinkError
    }

    // MARK: Cursors

    func cursor(_ index: UInt64) async throws(VarlinkError) -> String {
        guard index > 0 else { return AuditCursor(index: 0, before: nil).text }
        return AuditCursor(index: index, before: try await leafHash(index - 1)).text
    }

    /// The record that a query goes on with; nil where it is to begin.
    func start(at text: String?) async throws(VarlinkError) -> UInt64? {
        guard let text else { return nil }
        guard let cursor = AuditCursor(text) else { throw .invalidParameter("cursor") }
        guard cursor.index > 0 else { return 0 }
        guard let hash = try await leafHash(cursor.index - 1) else {
            throw AuditError.cursorLost(cursor: text, message: "the log is shorter than it was").varlinkError
        }
        guard cursor.follows(hash) else {
            throw AuditError.cursorLost(cursor: text, message: "the log is another one").varlinkError
        }
        guard cursor.index >= journal.prunedBefore else {
            throw AuditError.cursorLost(
                cursor: text, message: "the records before \(journal.prunedBefore) were pruned"
            ).varlinkError
        }
        return cursor.index
    }

    private func leafHash(_ index: UInt64) async throws(VarlinkError) -> TreeHash? {
        do {
            return try await reader.leafHash(index)
        } catch {
            throw BrokerError.auditUnavailable(message: error.message).varlinkError
        }
    }
}

extension SummaryKey {
    /// As the interface calls it; nil for another word, or a span of no length.
    fileprivate init?(_ word: String, everyUSec: Int64?) {
        switch word {
        case "capability": self = .capability
        case "user": self = .user
        case "uid": self = .uid
        case "rule": self = .rule
        case "exe": self = .exe
        case "unit": self = .unit
        case "time":
            let step = everyUSec ?? 86_400_000_000
            guard step > 0 else { return nil }
            self = .time(everyUSec: step)
        default: return nil
        }
    }
}

extension AuditInterface.Entry {
    init(_ entry: Entry) {
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
        notType = filter.notType ?? []
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
