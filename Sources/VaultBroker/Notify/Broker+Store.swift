// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Processes
import Records
import SystemPackage
import TransparencyLog
import VaultCore
import VaultModel

/// The store protocol of sd_notify(3): `FDSTORE=1` deposits, `FDSTOREREMOVE=1` removes, `BARRIER=1` waits. By the rules, records
/// and limits of `Deposit` and `Remove`; nobody is answered, so that what is refused is in the log alone.
extension Broker {
    /// Names of one FDNAME: `x`, `x.1`, and so on.
    private static let mostOfName = 256

    func serveStore(_ setting: StoreSocket) throws(Errno) {
        let endpoint = StoreEndpoint(setting)
        store = endpoint
        makeRoomAtStore()
        try watchStore(endpoint)
    }

    func watchStore(_ endpoint: StoreEndpoint) throws(Errno) {
        let bound = LoopBound(endpoint, to: loop)
        endpoint.watch = try loop.watch(endpoint.setting.socket, for: .readable) { [weak self] _ in
            self?.assumeIsolated { $0.receiveAll(bound.value) }
        }
    }

    /// Nothing more is received; what came is still done.
    func closeStore() {
        if let watch = store?.watch { loop.unwatch(watch) }
        store?.watch = nil
    }

    /// Where nobody may deposit, none is let in (6.16).
    func makeRoomAtStore() {
        guard let store else { return }
        _ = try? SocketOption.setPassRights(core.policy.letsSomebodyDeposit, on: store.setting.socket)
    }

    // MARK: Receiving

    private func receiveAll(_ endpoint: StoreEndpoint) {
        noteTurn()
        guard endpoint.foreignAccount.count < ForeignAccounts.mostUnclosed else {
            say(.warning, "nothing is received at the store: what was passed there before hangs at its end", of: nil)
            return pause(endpoint)
        }
        let end = SystemClock.bootTimeUSec() + StoreEndpoint.receiveUSec
        while SystemClock.bootTimeUSec() < end {
            guard receive(endpoint) else { return }
        }
        // There may be more: others have the rest of the loop's time.
        pause(endpoint)
    }

    private func pause(_ endpoint: StoreEndpoint) {
        guard let watch = endpoint.watch else { return }
        loop.change(watch, to: [])
        let bound = LoopBound(self, to: loop)
        _ = loop.timer(after: .microseconds(StoreEndpoint.pauseUSec)) {
            bound.value.assumeIsolated { broker in
                if let watch = broker.store?.watch { broker.loop.change(watch, to: .readable) }
            }
        }
    }

    /// - Returns: whether there was one.
    private func receive(_ endpoint: StoreEndpoint) -> Bool {
        let start = SystemClock.bootTimeUSec()
        // One byte more than a manager takes: what is longer is seen to be.
        let buffer = UnsafeMutableRawBufferPointer(rebasing: readBuffer[...StoreMessage.mostBytes])
        do throws(Errno) {
            var message = try MessageSocket.receive(
                into: buffer, room: .descriptorsOfProcess(MessageSocket.mostDescriptors), on: endpoint.setting.socket,
                flags: .dontWait, areForeign: true, account: endpoint.foreignAccount)
            // What was sent before this socket asked for credentials says nothing of its sender.
            guard let sender = message.credentials, !sender.isUnattached, sender.pid > 0 else { return true }
            defer {
                let took = max(1, SystemClock.bootTimeUSec() - start)
                core.turns.charge(took, sender.uid)
                core.turns.took(took, calls: 1, sender.uid)
            }
            guard !message.isTruncated, message.byteCount <= StoreMessage.mostBytes, !message.isControlTruncated else {
                say(.info, "a message to the store was too long, or not all of it came", of: sender.uid)
                return true
            }
            let request = UnsafeRawBufferPointer(rebasing: buffer[..<message.byteCount]).withMemoryRebound(
                to: UInt8.self
            ) { StoreMessage(Span(_unsafeElements: $0)).request }
            var descriptors: [HeldDescriptor] = []
            while let next = message.descriptors.popLast() { descriptors.append(HeldDescriptor(next)) }
            descriptors.reverse()
            var process: HeldDescriptor?
            if let taken = message.senderProcess.take() { process = HeldDescriptor(taken) }
            arrived(request, sender, process, descriptors, endpoint)
            return true
        } catch {
            return error == .interrupted
        }
    }

    private func arrived(
        _ request: StoreMessage.Request, _ sender: ProcessCredentials, _ process: HeldDescriptor?,
        _ descriptors: [HeldDescriptor], _ endpoint: StoreEndpoint
    ) {
        var held = descriptors
        switch request {
        case .nothing: return
        case .store, .barrier: guard !held.isEmpty else { return }
        case .remove: held = []
        }
        guard phase == .serving, let charges = endpoint.charges(sender.uid, descriptors: held.count) else {
            return say(.info, "a message to the store was dropped: too much of this uid waits", of: sender.uid)
        }
        let queue = endpoint.queue(of: sender.uid, self)
        queue.append(
            .init(request: request, sender: sender, process: process, descriptors: held, charges: charges))
        serve(queue)
    }

    // MARK: Serving

    /// Takes up what has come of a uid, as long as it is its turn.
    func serve(_ queue: StoreQueue, isItsTurn: Bool = false) {
        guard !queue.isServed, !queue.isTurnDue else { return }
        queue.isServed = true
        noteTurn()
        while let request = queue.next {
            if request == .barrier {
                // What came with it is closed here.
                _ = queue.begin()
                queue.ended()
                continue
            }
            guard core.turns.mayTake(queue.uid, isItsTurn: isItsTurn) else {
                queue.isTurnDue = true
                core.turns.wait(queue, of: queue.uid)
                break
            }
            serve(queue.begin(), queue)
        }
        queue.isServed = false
        store?.tidy(queue)
    }

    private func done(_ queue: StoreQueue, _ problem: String? = nil) {
        if let problem { say(.info, "a message to the store: \(problem)", of: queue.uid) }
        queue.ended()
        serve(queue)
        finishIfLeft()
    }

    private func serve(_ message: StoreQueue.Message, _ queue: StoreQueue) {
        let start = SystemClock.bootTimeUSec()
        core.turns.charge(CallPrice.identification, queue.uid)
        switch identification.identify(sender: message.sender, pidfd: message.process, needs: factsRead) {
        case .failure(let refusal):
            core.sessions.refuse("identity", "\(refusal)", .uid(queue.uid), queue.uid)
            done(queue, "who sent it cannot be told: \(refusal)")
        case .success(let peer): serve(message, caller(peer), queue)
        }
        let took = max(1, SystemClock.bootTimeUSec() - start)
        core.turns.charge(took - CallPrice.identification, queue.uid)
        core.turns.took(took, calls: 1, queue.uid)
    }

    private func caller(_ peer: IdentifiedPeer) -> Caller {
        let uid = peer.credentials.uid
        var name: String?
        switch users.name(of: uid, bootUSec: SystemClock.bootTimeUSec()) {
        case .name(let known): name = known
        case .unknown:
            // For people; what rules name is the number.
            Task {
                let name = await work.run { UserNames.lookUp(uid) }
                users.learn(name, of: uid, bootUSec: SystemClock.bootTimeUSec())
            }
        }
        let identity = Identity(
            peer, user: name, exeSHA256: .unknown(Fact<String>.notAsked), ownNamespaces: identification.ownNamespaces)
        return Caller(identity, PeerText(identity, hash: TreeHash.hexadecimalDigest), StoreSender())
    }

    private func serve(_ message: StoreQueue.Message, _ caller: Caller, _ queue: StoreQueue) {
        guard let names = store?.setting.names else { return done(queue) }
        let unit = caller.identity.unit.value ?? nil
        guard !names.needsUnit || unit != nil else { return done(queue, "the unit of its sender is not known") }
        switch message.request {
        case .store(let name, let untilHangUp):
            var requests: [DepositRequest] = []
            var number = 0
            for descriptor in message.descriptors {
                guard let free = freeName(names, name, unit, &number) else {
                    return done(queue, "there is no free name for what is called \(name.escaped(limit: 64))")
                }
                requests.append(
                    DepositRequest(
                        name: free, descriptor: descriptor, fdName: name, endsWithHangUp: untilHangUp))
            }
            // Counted until its outcome is known.
            let first = requests.first.map { "\($0.name)" } ?? name
            core.deposit(requests, caller) { [self, charges = message.charges] in
                if case .failure(let refusal) = $0 {
                    done(queue, "\(first) is not held: \(Self.text(refusal))")
                } else {
                    done(queue)
                }
                withExtendedLifetime(charges) {}
            }
        case .remove(let name): remove(name, names, unit, queue, caller)
        case .barrier, .nothing: done(queue)
        }
    }

    private func freeName(
        _ names: StoreNames, _ name: String, _ unit: String?, _ number: inout Int
    ) -> CapabilityName? {
        while number < Self.mostOfName {
            defer { number += 1 }
            guard let candidate = names.name(name, unit: unit, number: number) else { return nil }
            if table[candidate] == nil, !core.deposits.isPending(candidate) { return candidate }
        }
        return nil
    }

    /// Removes what this uid has stored under the name.
    private func remove(
        _ name: String, _ names: StoreNames, _ unit: String?, _ queue: StoreQueue, _ caller: Caller
    ) {
        let stored = (0..<Self.mostOfName).compactMap { number -> CapabilityEntry? in
            guard let candidate = names.name(name, unit: unit, number: number), let entry = table[candidate],
                let deposit = entry.deposit, deposit.fdName == name, deposit.uid == queue.uid
            else { return nil }
            return entry
        }
        var left = stored.count
        guard left > 0 else { return done(queue) }
        let heard = { [self] (entry: CapabilityEntry, refusal: Refusal?) in
            if let refusal {
                let name = entry.capability.name
                say(.info, "a message to the store: \(name) is not removed: \(Self.text(refusal))", of: queue.uid)
            }
            left -= 1
            if left == 0 { done(queue) }
        }
        for entry in stored {
            guard permits(.remove, entry.capability.name, caller, denied: { heard(entry, $0) }) else { continue }
            core.removeDeposit(entry, caller) {
                if case .failure(let refusal) = $0 { heard(entry, refusal) } else { heard(entry, nil) }
            }
        }
    }

    /// For the daemon's log.
    private static func text(_ refusal: Refusal) -> String {
        switch refusal {
        case .denied(_, let record, let message, _): message + (record.map { " (record \($0))" } ?? "")
        case .invalidDescriptor(_, let message), .auditUnavailable(let message): message
        case .quotaExceeded(let limit, _): "the limit '\(limit)' is reached"
        case .nameTaken: "something has that name"
        case .busy: "what has that name is being taken, or recorded"
        case .notFound, .notTakeable, .notHeld, .openFailed: "\(refusal)"
        }
    }
}
