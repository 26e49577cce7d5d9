// SPDX-License-Identifier: Apache-2.0

import Descriptors
import OpenerWire
import Records
import SystemPackage
import Varlink
import VaultCore
import VaultInterface
import VaultModel

/// Noticing that a file was replaced or written, and opening anew what is held of it.
///
/// Nobody gains a right by that, so the new one holds at once; its record tells which grants have what was before, and is made
/// as soon as the log can be written.
extension Broker {
    /// So many capabilities are begun to be looked at in one sweep.
    static let mostRenewals = 64
    /// How often one is looked at that nothing tells of, in microseconds.
    static let unwatchedUSec: Int64 = 5_000_000

    /// Every quarter of a second.
    func noticeChanges() {
        // What cannot be recorded waits.
        guard phase == .serving, journal.isWorking else { return }
        let now = SystemClock.bootTimeUSec()
        for name in fileWatches.takeChanged() { renewals.changed(name, at: now) }
        for name in renewals.takeDue(at: now, most: Self.mostRenewals) { attend(name) }
        for name in fileWatches.takeUnattended(most: Self.mostRenewals) {
            // What was renewed just now has its pause first.
            if renewals.isPaused(name, at: now) { renewals.changed(name, at: now) } else { attend(name) }
        }
        guard sweepCount % 4 == 0 else { return }
        renewals.keep(at: now) { table[$0] != nil }
        let due = fileWatches.unwatched.lazy.compactMap { self.table[$0] }.map {
            (entry: $0, at: self.looks.time(of: $0))
        }
        .filter { now - $0.at >= Self.unwatchedUSec }
        for (entry, _) in due.sorted(by: { $0.at < $1.at }).prefix(Self.mostRenewals) { attend(entry.capability.name) }
    }

    /// Has what a name leads to watched, looks at it, and opens it anew if it is another.
    private func attend(_ name: CapabilityName) {
        guard let entry = table[name], entry.isNoticed else { return }
        // What has happened since the look began may not have been seen.
        guard fileWatches.begin(name) else { return renewals.changed(name, at: SystemClock.bootTimeUSec()) }
        watch(entry) {
            self.look(at: entry, .broker, isAnew: true) {
                self.fileWatches.end(name)
                guard entry.isStale, self.table[name] === entry else { return }
                guard self.journal.isWorking else {
                    return self.renewals.changed(name, at: SystemClock.bootTimeUSec())
                }
                self.renew(entry, .changed) { _ in }
            }
        }
    }

    private func watch(_ entry: CapabilityEntry, _ done: @escaping () -> Void) {
        let name = entry.capability.name
        guard let path = entry.watchedPath, let queue = fileWatches.queue else {
            fileWatches.cannotWatch(name)
            return done()
        }
        fileWatches.asks(name)
        opener.watch(path, in: queue) { result in
            if self.table[name] === entry {
                switch result {
                case .success(let watches): self.fileWatches.watched(name, by: watches)
                case .failure: self.fileWatches.cannotWatch(name)
                }
            } else {
                self.fileWatches.gaveUp(name)
            }
            done()
        }
    }

    /// Opens anew what is held of a capability, and records it if that is something else than before, or was asked for.
    /// - Parameters:
    ///   - told: hears the index of the record and what became of it.
    ///   - done: hears of the record, if one is made now.
    func renew(
        _ entry: CapabilityEntry, _ why: Record.Renewal.Cause, by author: RenewalAuthor? = nil,
        isWanted: @escaping () -> Bool = { true }, told: ((UInt64, Journal.Outcome) -> Void)? = nil,
        _ done: @escaping (Result<UInt64?, OpenProblem>) -> Void
    ) {
        let former = entry.found
        table.renew(entry, isWanted: isWanted) { [self] problem in
            let name = entry.capability.name
            let now = SystemClock.bootTimeUSec()
            if let problem {
                let isFirst = why != .changed || renewals.failed(name, at: now)
                if isFirst, problem.errno != .canceled {
                    log.warning(
                        "a capability is stale and could not be opened anew",
                        metadata: ["name": "\(name)", "problem": "\(problem.text)"])
                }
                return done(.failure(problem))
            }
            renewals.renewed(name, at: now)
            let opened = entry.found
            // Of a file that was written it is known that it is another, though it is the same file.
            let isWritten = entry.capability.kind == .file && entry.capability.renewal == .written
            let isSame = !isWritten && former.flatMap { former in opened.map(former.isSameContent) } ?? false
            guard why == .asked || !isSame else { return done(.success(nil)) }
            log.notice("a capability was renewed", metadata: ["name": "\(name)", "why": "\(why.rawValue)"])
            done(.success(core.renewalLog.record(entry.capability, from: former, to: opened, why, by: author, told)))
        }
    }

    // MARK: By command

    /// `RenewCapability`: for whom a rule permits to renew the name, or to administer.
    func renewCapability(
        _ parameters: BrokerInterface.RenewCapability.Parameters, _ answer: Answer, _ session: Session
    ) {
        guard let name = name(parameters.name, to: .renew, answer, session) else { return }
        guard let entry = table[name] else { return answer.refuse(BrokerError.notFound(name: name.text)) }
        guard entry.capability.renewal != nil else { return answer.refuse(VarlinkError.invalidParameter("name")) }
        if let refusal = core.refusesRecord(session.caller) { return answer.refuse(refusal) }
        let author = RenewalAuthor(
            request: core.grants.newRequestID(), policy: core.policy.stamp, peer: session.authorText,
            reason: parameters.reason)
        let told = { [self] (index: UInt64, outcome: Journal.Outcome) in
            guard outcome == .committed else { return answer.refuse(core.unrecorded) }
            answer.reply(BrokerInterface.RenewCapability.Reply(record: Int(clamping: index)))
        }
        switch entry.state {
        case .opening:
            // That may have begun before what is to be seen now.
            return core.hold(entry) { _ in self.renewCapability(parameters, answer, session) }
        case .held:
            // What was read at the start, before the daemon became another user, is what it will be for ever.
            guard entry.heldFile != nil else { return answer.refuse(VarlinkError.invalidParameter("name")) }
        case .closed, .failed:
            // The next grant opens it.
            core.renewalLog.record(entry.capability, from: nil, to: nil, .asked, by: author, told)
            return
        }
        let rights = Author(session, by: [.init(action: .renew, name: name), .init(action: .admin)])
        let isWanted = { rights.mayStillAct() }
        renew(entry, .asked, by: author, isWanted: isWanted, told: told) { [self] result in
            switch result {
            // It is answered when that is durable.
            case .success(.some): break
            case .success(nil): answer.refuse(core.unrecorded)
            case .failure(let problem) where problem.errno == .canceled && !isWanted():
                answer.refuse(BrokerError.denied(name: name.text, record: nil, message: Refusal.denialText))
            case .failure(let problem):
                answer.refuse(
                    BrokerError.openFailed(
                        name: name.text, errno: Int(problem.errno.rawValue), errorName: problem.errnoName, record: nil))
            }
        }
    }
}

extension CapabilityEntry {
    /// What the path led to, as records of grants tell it.
    var found: Record.Opened? { (holding as? OpenHolding)?.found }

    /// Whether it is opened anew without being asked for.
    fileprivate var isNoticed: Bool {
        guard heldFile != nil, let renewal = capability.renewal else { return false }
        return renewal != .asked
    }

    /// The path to watch, where it has one.
    fileprivate var watchedPath: WatchPath? {
        let contents = capability.renewal == .written
        switch capability.source {
        case .file(let path, _, let noFollow):
            return WatchPath(
                path: path.text, contents: contents, noFollow: noFollow, othersMayWrite: path.othersMayWrite)
        case .memory(.file(let path)):
            return WatchPath(path: path.text, contents: contents, othersMayWrite: path.othersMayWrite)
        case .memory(.credential), .directory, .device, .fifo, .pipe, .listener, .connection, .helper, .deposit:
            return nil
        }
    }
}
