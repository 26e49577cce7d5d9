// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import SystemPackage
import VaultModel

/// Getting the descriptor for one grant: from what is held, from the opener, from a pair, from a helper.
extension Broker {
    typealias Acquired = Result<AcquiredDescriptor, OpenProblem>

    /// Finds or makes a descriptor of `entry` that carries exactly `rights`, and hands it to `done`, at once or later.
    ///
    /// - Parameter caller: whose a copy of a secret is to be.
    func acquire(
        _ entry: CapabilityEntry, _ rights: Rights, for caller: SealedMemory.Owner?,
        _ done: @escaping (Acquired) -> Void
    ) {
        let capability = entry.capability
        switch capability.source {
        case .file(let path, let create, let noFollow) where capability.opening == .eachGrant:
            let flags = rights.openFlags | (noFollow ? O_NOFOLLOW : 0)
            opener.open(path: path, flags: flags, mode: create, mustBeRegular: true) {
                done(self.checked($0, entry, rights, .fresh))
            }
        case .memory(let source) where capability.opening == .eachGrant:
            readAnew(source, for: caller) { done(self.checked($0, entry, rights, .fresh)) }
        case .helper(let program, let path):
            opener.runHelper(HelperRun(program: program, path: path, flags: rights.openFlags)) {
                done(self.checked($0, entry, rights, .shared))
            }
        case .pipe, .fifo:
            acquireEnd(entry, rights, done)
        case .file, .memory, .listener:
            hold(entry) { problem in
                if let problem { return done(.failure(problem)) }
                self.acquireHeld(entry, rights, for: caller, mayRenew: true, done)
            }
        }
    }

    /// Makes sure that `entry` holds what it is to hold, opening it if need be.
    func hold(_ entry: CapabilityEntry, _ done: @escaping CapabilityEntry.Waiter) {
        switch entry.state {
        case .held:
            done(nil)
        case .opening:
            entry.waiters.append(done)
        case .closed, .failed:
            entry.waiters.append(done)
            entry.state = .opening
            open(entry)
        }
    }

    // MARK: What is held

    private func acquireHeld(
        _ entry: CapabilityEntry, _ rights: Rights, for caller: SealedMemory.Owner?, mayRenew: Bool,
        _ done: @escaping (Acquired) -> Void
    ) {
        guard let held = entry.held else { return done(.failure(OpenProblem(.badFileDescriptor))) }
        guard entry.capability.delivery == .fresh else {
            let acquired = checked(Result<_, OpenProblem>.success(held), entry, rights, .shared)
            guard case .failure(let problem) = acquired, mayRenew, entry.capability.kind == .listener else {
                return done(acquired)
            }
            return replaceSpoiled(entry, rights, problem, done)
        }
        if entry.capability.kind == .memory { return acquireCopy(entry, held, rights, for: caller, done) }
        if entry.reopensHere {
            return done(checked(reopenHere(held, rights), entry, rights, .fresh))
        }
        if let ready = entry.stock.take(rights) {
            orderStock(entry, held, rights)
            return done(checked(Result<_, OpenProblem>.success(ready), entry, rights, .fresh))
        }
        opener.reopen(held, flags: rights.openFlags) { done(self.checked($0, entry, rights, .fresh)) }
        orderStock(entry, held, rights)
    }

    private func reopenHere(_ held: HeldDescriptor, _ rights: Rights) -> Result<HeldDescriptor, OpenProblem> {
        do {
            return .success(HeldDescriptor(try DescriptorStatus.reopen(held, flags: rights.openFlags)))
        } catch {
            return .failure(OpenProblem(error))
        }
    }

    private func orderStock(_ entry: CapabilityEntry, _ held: HeldDescriptor, _ rights: Rights) {
        guard opener.hasTime else { return }
        for _ in 0..<entry.stock.order(rights) {
            opener.reopen(held, flags: rights.openFlags) { result in
                // What was ordered of what is not held any more is closed.
                guard entry.held === held else { return }
                entry.stock.arrived(try? result.get(), rights)
            }
        }
    }

    /// Makes another listener in place of one that a holder has done something to that cannot be undone.
    private func replaceSpoiled(
        _ entry: CapabilityEntry, _ rights: Rights, _ problem: OpenProblem, _ done: @escaping (Acquired) -> Void
    ) {
        log.warning(
            "a listener is of no use any more, and is made anew",
            metadata: ["name": "\(entry.capability.name)", "problem": "\(problem.text)"])
        listenerStore.drop(entry.capability.name)
        entry.close()
        hold(entry) { failure in
            guard var failure else { return self.acquireHeld(entry, rights, for: nil, mayRenew: false, done) }
            let why = problem.explanation ?? problem.errno.description
            failure.explanation = [why, failure.explanation].compactMap { $0 }.joined(separator: "; ")
            // What `vault status` shows is the whole of it.
            if entry.problem != nil { entry.state = .failed(failure) }
            done(.failure(failure))
        }
    }

    // MARK: Pipes

    private func acquireEnd(_ entry: CapabilityEntry, _ rights: Rights, _ done: @escaping (Acquired) -> Void) {
        let side: PipePairs.Side = rights.contains(.read) ? .read : .write
        if let (descriptor, end) = entry.pairs.take(side) {
            return done(checkedEnd(descriptor, end, entry, rights))
        }
        makePair(entry) { problem in
            if let problem { return done(.failure(problem)) }
            guard let (descriptor, end) = entry.pairs.take(side) else {
                return done(.failure(OpenProblem(.resourceTemporarilyUnavailable)))
            }
            done(self.checkedEnd(descriptor, end, entry, rights))
        }
    }

    private func checkedEnd(
        _ descriptor: HeldDescriptor, _ end: PipePairs.End, _ entry: CapabilityEntry, _ rights: Rights
    ) -> Acquired {
        checked(Result<_, OpenProblem>.success(descriptor), entry, rights, .shared).map {
            AcquiredDescriptor($0.descriptor, rights: rights, delivery: .shared, pipeEnd: end)
        }
    }

    func makePair(_ entry: CapabilityEntry, _ done: @escaping CapabilityEntry.Waiter) {
        switch entry.capability.source {
        case .fifo(let path, let create):
            opener.fifo(path: path, createMode: create) { result in
                done(self.took(result.mapError(OpenProblem.init).map { ($0.reader, $0.writer) }, entry))
            }
        default:
            do {
                let pipe = try OwnedDescriptor.pipe()
                done(took(.success((HeldDescriptor(pipe.reader), HeldDescriptor(pipe.writer))), entry))
            } catch {
                done(took(.failure(OpenProblem(error)), entry))
            }
        }
    }

    private func took(
        _ result: Result<(HeldDescriptor, HeldDescriptor), OpenProblem>, _ entry: CapabilityEntry
    ) -> OpenProblem? {
        switch result {
        case .success(let (read, write)):
            entry.pairs.add(read: read, write: write)
            return nil
        case .failure(let problem):
            return problem
        }
    }

    // MARK: The last check

    /// Checks that what is about to leave carries the rights of the grant and nothing else (`F_GETFL`).
    private func checked(
        _ result: Result<HeldDescriptor, OpenerFailure>, _ entry: CapabilityEntry, _ rights: Rights,
        _ delivery: Delivery
    ) -> Acquired {
        checked(result.mapError(OpenProblem.init), entry, rights, delivery)
    }

    func checked(
        _ result: Result<HeldDescriptor, OpenProblem>, _ entry: CapabilityEntry, _ rights: Rights, _ delivery: Delivery
    ) -> Acquired {
        switch result {
        case .failure(let failure):
            return .failure(failure)
        case .success(let descriptor):
            do {
                if delivery == .shared { try setRight(descriptor, entry, rights) }
                if let problem = DeclaredKind.problem(descriptor, entry.capability) { return .failure(problem) }
                let flags = try DescriptorStatus.flags(of: descriptor)
                guard rights.match(statusFlags: flags) else {
                    return .failure(
                        OpenProblem(.permissionDenied, "what was opened does not carry just the rights granted"))
                }
            } catch let problem as OpenProblem {
                return .failure(problem)
            } catch {
                return .failure(OpenProblem((error as? Errno) ?? .ioError))
            }
            let advisory = rights.contains(.append) && !rights.contains(.write)
            let isCopy = entry.capability.kind == .memory && delivery == .fresh
            return .success(
                AcquiredDescriptor(
                    descriptor, rights: rights, delivery: delivery, appendIsAdvisory: advisory,
                    // It is memory: to ask does not hang.
                    copy: isCopy ? try? FileStatus(of: descriptor) : nil))
        }
    }

    /// Undoes what others who have this description did to it.
    private func setRight(_ descriptor: HeldDescriptor, _ entry: CapabilityEntry, _ rights: Rights) throws {
        if let listener = entry.listener {
            try listener.setRight(descriptor)
        } else {
            try SharedDescription.setRight(descriptor, rights, isLocal: entry.isLocal)
        }
    }

    /// The same once more, in the turn in which it leaves: others may have been at it while the record was written.
    /// - Returns: what cannot be undone.
    func setRightAgain(_ call: OpenCall) -> (name: CapabilityName, problem: OpenProblem)? {
        for item in call.items {
            guard let entry = item.entry, let acquired = item.acquired, acquired.delivery == .shared else { continue }
            if case .failure(let problem) = checked(
                Result<_, OpenProblem>.success(acquired.descriptor), entry, acquired.rights, .shared)
            {
                return (item.name, problem)
            }
        }
        return nil
    }
}
