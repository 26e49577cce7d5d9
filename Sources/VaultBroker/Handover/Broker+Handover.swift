// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import Records
import SystemPackage
import TransparencyLog
import Varlink
import VaultCore
import VaultLedger
import VaultModel

/// What is known of the daemon that takes over.
struct Handover {
    /// Where it connects.
    var endpoint: HeldDescriptor?
    var watch: WatchToken?
    var isUnderWay = false
    /// It serves; this one ends.
    var isOver = false
    /// Waits for what the other says.
    let thread = WorkThread(name: "vaultd-handover")
    /// Called once when it is over.
    var onOver: (@Sendable () -> Void)?
}

/// Handing the whole table over to the next daemon, as TakingOver.md tells.
extension Broker {
    private static let helloLimit: Duration = .seconds(10)
    private static let stepLimit: Duration = .seconds(30)
    /// How long the other may take to start.
    private static let startLimit: Duration = .seconds(120)
    /// How often it is looked whether what was in flight is finished, in microseconds.
    private static let quietUSec: Int64 = 2_000

    /// Has `body` called when another daemon has taken over and this one is to end.
    package func onHandedOver(_ body: @escaping @Sendable () -> Void) { handover.onOver = body }

    /// Can be taken over from here on. A daemon with a service manager cannot: that keeps its table over a restart, and would
    /// take the end of its main process for the end of the service.
    func listenForTakeover() {
        guard !hasServiceManager else { return }
        let path = FilePath(configuration.stateDirectory).appending(Takeover.socketName)
        do throws(Errno) {
            // Whoever has the lock of the state owns this path: what lies there was left by a crash.
            do { try UnixSocket.remove(path) } catch .noSuchFileOrDirectory {}
            let endpoint = HeldDescriptor(
                try UnixSocket.listen(at: .path(path), type: .seqpacket, mode: 0o600, backlog: 4))
            handover.watch = try loop.watch(endpoint, for: .readable) { [weak self] _ in
                self?.assumeIsolated { $0.acceptTakeover() }
            }
            handover.endpoint = endpoint
        } catch {
            log.warning("no daemon can take over from this one: \(path): \(error)")
        }
    }

    /// To be called before this one lets go of the state.
    func stopListeningForTakeover() {
        if let watch = handover.watch { loop.unwatch(watch) }
        handover.watch = nil
        guard handover.endpoint.take() != nil else { return }
        try? UnixSocket.remove(FilePath(configuration.stateDirectory).appending(Takeover.socketName))
    }

    private func acceptTakeover() {
        guard let endpoint = handover.endpoint,
            let socket = try? UnixSocket.accept(on: endpoint, nonBlocking: false)
        else { return }
        switch identification.identify(socket: socket, needs: factsRead) {
        case .failure(let refusal):
            log.warning("who wants to take over cannot be identified: \(refusal)")
        case .success(let peer):
            let uid = peer.credentials.uid
            let channel = HandoverChannel(socket)
            guard uid == 0 || uid == geteuid() else {
                return log.warning("uid \(uid) may not take over")
            }
            guard phase == .serving, !handover.isUnderWay else {
                let message = phase == .serving ? "another daemon is taking over" : "it does not serve just now"
                try? channel.send(["refused": .string(message), "remedy": "wait a moment"])
                return
            }
            handover.isUnderWay = true
            let identity = Identity(
                peer, user: nil, exeSHA256: .unknown(Fact<String>.notAsked),
                ownNamespaces: identification.ownNamespaces)
            let text = PeerText(identity, hash: TreeHash.hexadecimalDigest)
            let pid = peer.credentials.pid
            Task { await handOver(channel, (pid, peer.pidfd), text) }
        }
    }

    // MARK: The walk of it

    private func handOver(
        _ channel: HandoverChannel, _ process: (pid: Int32, pidfd: HeldDescriptor), _ peer: PeerText
    ) async {
        do throws(HandoverProblem) {
            let hello = try await receive(channel, within: Self.helloLimit)
            guard let version = hello["takeover"]?.integer, version == HandoverChannel.version else {
                try await send(
                    channel,
                    [
                        "refused": "the two versions cannot hand over to each other",
                        "remedy": "stop this one and start the other; deposits are lost by that",
                    ])
                throw .refused("it speaks another version of the exchange", remedy: nil)
            }
            log.notice("another daemon takes over", metadata: ["pid": "\(process.pid)"])
            try await handOver(channel, peer)
            handover.isOver = true
            log.notice("handed over", metadata: ["pid": "\(process.pid)", "records": "\(journal.committed)"])
            handover.onOver?()
        } catch {
            await goOn(error, process.pidfd)
        }
        handover.isUnderWay = false
    }

    private func handOver(_ channel: HandoverChannel, _ peer: PeerText) async throws(HandoverProblem) {
        // It may have been stopped while the other said hello, and while what was in flight was finished.
        if suspend() {
            await untilQuiet()
            // What came back has its records in the middle of a run too, when the log is written again.
            await withCheckedContinuation { continuation in core.deposits.whenBack { continuation.resume() } }
        }
        try await requireHandingOver(channel)
        giveCredentialsUp()
        journal.commitOutcomes()
        core.denials.recordFolded()
        // Nothing changes between this and the record, which stands behind all that led to it.
        let entries = handedOver()
        let digest = HandoverChannel.digest(of: entries.map(\.name))
        do throws(VarlinkError) {
            let index = try await record(.handover(peer: peer, descriptors: entries.count, sha256: digest))
            log.debug("recorded", metadata: ["record": "\(index)"])
        } catch {
            try await send(channel, ["refused": "the log cannot be written", "remedy": "vault status says why"])
            throw .refused("it cannot be recorded", remedy: nil)
        }
        try await send(
            channel, ["descriptors": .integer(Int64(entries.count)), "version": .string(configuration.version)])
        var sent = 0
        while sent < entries.count {
            let batch = entries[sent..<min(entries.count, sent + HandoverChannel.batch)]
            try await send(channel, ["names": .array(batch.map { .string($0.name) })], batch.map(\.descriptor))
            sent += batch.count
            guard try await receive(channel, within: Self.stepLimit)["got"]?.integer == Int64(sent) else {
                throw .wrong("it has got another number of descriptors")
            }
        }
        let all = try await receive(channel, within: Self.stepLimit)
        guard all["all"]?.integer == Int64(entries.count), all["sha256"]?.string == digest else {
            throw .wrong("it has got others")
        }
        try await requireHandingOver(channel)
        await letGo()
        try await send(channel, ["released": true])
        guard try await receive(channel, within: Self.startLimit).says("ready") else { throw .wrong("it is not ready") }
        try await send(channel, ["over": true])
        do throws(HandoverProblem) {
            _ = try await receive(channel, within: Self.helloLimit)
        } catch .late {
            // It may serve by now.
            return
        } catch .ended {
            // Its last word, or its end.
            throw .ended
        }
    }

    /// A stop is final: what it was asked for takes all that is held with it.
    private func requireHandingOver(_ channel: HandoverChannel) async throws(HandoverProblem) {
        guard phase != .handingOver else { return }
        try await send(channel, ["refused": "it is being stopped", "remedy": "start the other without --takeover"])
        throw .refused("this daemon is being stopped", remedy: nil)
    }

    /// Away from the loop: the other may have stopped reading.
    private func send(
        _ channel: HandoverChannel, _ message: JSONObject, _ descriptors: [HeldDescriptor] = []
    ) async throws(HandoverProblem) {
        try await handover.thread.run { () throws(HandoverProblem) in try channel.send(message, descriptors) }
    }

    private func receive(_ channel: HandoverChannel, within limit: Duration) async throws(HandoverProblem) -> JSONObject
    {
        try await handover.thread.run { () throws(HandoverProblem) in try channel.receive(within: limit).message }
    }

    /// No new connection is taken in and no call taken up; nothing is refused: all of them wait.
    /// - Returns: false where nobody is served any more.
    private func suspend() -> Bool {
        guard core.sessions.suspend() else { return false }
        closeStore()
        for place in listeners.indices {
            if let watch = listeners[place].watch.take() { loop.unwatch(watch) }
        }
        return true
    }

    /// What was in flight is finished, or has had its time.
    private func untilQuiet() async {
        let end = SystemClock.bootTimeUSec() + Self.farewellUSec
        while !isQuiet, SystemClock.bootTimeUSec() < end { await sleep(microseconds: Self.quietUSec) }
    }

    private var isQuiet: Bool {
        guard journal.waiting == 0, !journal.isCommitting, store?.isIdle ?? true, failedCredentials.isEmpty,
            !core.sessions.hasArrivals
        else { return false }
        return sessions.values.allSatisfy { session in
            // Who waits for news is owed nothing.
            session.connection.pendingBytes == 0 && session.fdHolder?.isWaiting != true
                && (session.connection.openCalls == 0 || followers.contains { $0.session === session })
        }
    }

    private func handedOver() -> [ActivationSockets.Entry] {
        var own = listeners.map { ActivationSockets.Entry(descriptor: $0.socket, name: Takeover.ownSocket) }
        if let store { own.append(.init(descriptor: store.setting.socket, name: Takeover.storeSocket)) }
        own += configuration.metricsSockets.map { .init(descriptor: $0, name: Takeover.metricsSocket) }
        return own + credentialGuard.entries + table.sorted.flatMap { $0.handedOver(depositName: DepositStore.name) }
    }

    /// From here on the log is the other's.
    private func letGo() async {
        ledgerCare.isLetGo = true
        await writeLastCheckpoint()
        core.commitFailed(
            LedgerError(.alreadyOpen(pid: nil), "another daemon is taking over", remedy: "try again in a moment"))
        stopListeningForTakeover()
        await ledger.letGo()
    }

    // MARK: Where it comes to nothing

    /// Serves on as before.
    private func goOn(_ problem: HandoverProblem, _ pidfd: HeldDescriptor) async {
        log.error("no daemon has taken over: \(problem)")
        failedCredentials.goOn()
        guard phase == .handingOver else { return }
        if ledgerCare.isLetGo {
            // It may have the log, and never serves: it has not been told that it may, or has ended.
            await end(pidfd)
            ledgerCare.isLetGo = false
        }
        guard core.sessions.serve() else { return }
        for place in listeners.indices {
            let (socket, framing) = (listeners[place].socket, listeners[place].framing)
            listeners[place].watch = try? loop.watch(socket, for: .readable) { [weak self] _ in
                self?.assumeIsolated { $0.acceptAll(on: socket, framing) }
            }
        }
        if let store { try? watchStore(store) }
        for session in sessions.values { pumpSoon(session) }
        if !journal.isWorking { await reopenLedger() }
        if handover.endpoint == nil { listenForTakeover() }
        guard journal.isWorking else { return }
        journal.append(.handoverEnd(problem: "\(problem)"))
    }

    private func end(_ pidfd: HeldDescriptor) async {
        await handover.thread.run {
            try? ProcessDescriptor.signal(pidfd, SIGKILL)
            _ = try? Readiness.wait(for: .readable, on: pidfd, until: BootTime.now.advanced(by: Self.helloLimit))
        }
    }
}
