// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import VaultModel
import VaultPolicy

/// One capability of the table: what it is declared to be, and what the broker holds for it.
///
/// Whoever keeps a reference keeps the descriptors open, so that a grant under way is not harmed when the capability is
/// removed.
package final class CapabilityEntry {
    package enum State {
        /// Nothing is held, and nothing was tried since.
        case closed
        case opening
        case held
        /// The last try failed; the next use tries again.
        case failed(OpenProblem)
    }

    /// Who waits for the entry to be opened.
    fileprivate enum Waiter {
        case want(Want)
        case then((OpenProblem?) -> Void)
    }

    package let capability: Capability
    /// Of what a client passed in: by whom, and until when.
    package let deposit: Deposit?
    package fileprivate(set) var state = State.closed
    /// The held description, for kinds that have one: the file, the sealed memory, the listener.
    package fileprivate(set) var holding: (any Holding)?
    /// The path names another file than the one that is held, or what was read into memory was written anew; looked at
    /// when somebody asks about the capability.
    package fileprivate(set) var isStale = false
    fileprivate var pairs = PipePairs()
    fileprivate var stock = FreshStock()
    fileprivate var waiters: [Waiter] = []
    /// How often it was begun to be opened anew, and which of these is held.
    fileprivate var renewals: UInt64 = 0
    fileprivate var newestRenewal: UInt64 = 0

    fileprivate init(_ capability: Capability, deposit: Deposit? = nil) {
        self.capability = capability
        self.deposit = deposit
    }

    package var isOpening: Bool { if case .opening = state { true } else { false } }

    /// What went wrong at the last try, if the last try failed.
    package var problem: OpenProblem? { if case .failed(let problem) = state { problem } else { nil } }

    /// How many descriptors the broker holds for it.
    package var descriptorCount: Int { (holding == nil ? 0 : 1) + pairs.heldCount + stock.count }

    /// The ends of pipes that wait for their takers, the oldest pair first.
    package var waitingEnds: [PartialPair] { pairs.waiting }

    fileprivate func hold(_ new: any Holding) {
        holding = new
        isStale = false
        stock = FreshStock()
    }

    /// Lets go of everything that is held; what was taken for grants under way stays with them.
    fileprivate func close() {
        holding = nil
        isStale = false
        stock = FreshStock()
        pairs.closeAll()
        if !isOpening { state = .closed }
    }
}

/// A descriptor that is ready to leave for one grant, checked against the rights that it is to carry.
package final class AcquiredDescriptor {
    /// Owned by the grant: closed when the grant is sent or given up.
    package let descriptor: any PassableDescriptor
    package let rights: Rights
    package let delivery: Delivery
    package let checked: CheckedDescriptor
    /// The pipe end that this is, if it is one: it goes back to its pair when it could not be sent.
    fileprivate let pipeEnd: PipePairs.End?

    fileprivate init(
        _ descriptor: any PassableDescriptor, _ rights: Rights, _ delivery: Delivery, _ checked: CheckedDescriptor,
        _ pipeEnd: PipePairs.End?
    ) {
        self.descriptor = descriptor
        self.rights = rights
        self.delivery = delivery
        self.checked = checked
        self.pipeEnd = pipeEnd
    }
}

/// One descriptor that a call is to get: of what, with which rights, and for which of its names.
struct Want {
    let entry: CapabilityEntry
    let rights: Rights
    /// Whose a copy of a secret is to be.
    let owner: CopyOwner?
    let call: OpenCall
    let place: Int
    /// Of a listener that is made anew: what was wrong with the former one.
    fileprivate(set) var spoiled: OpenProblem?

    /// On whose account it is made.
    var caller: Caller { call.caller }
}

/// What became of a want.
struct Acquisition {
    let want: Want
    let result: Result<AcquiredDescriptor, OpenProblem>
}

/// The named capabilities: what is held, being opened, made ahead, failed; and the pairs of pipe ends.
///
/// Names are unique; a declaration that changes is a new entry, so that what is under way for the old one ends undisturbed.
package final class Holdings {
    private enum Pending {
        case descriptor(Want, Delivery)
        case holding(CapabilityEntry)
        case renewal(CapabilityEntry, Renewal)
        case pair(Want, Charge)
        case firstPair(CapabilityEntry)
        case stock(CapabilityEntry, any Holding, Rights, CopyOwner?, Charge?)
    }

    private struct Renewal {
        /// Which of its entry, in the order in which they began.
        let number: UInt64
        let isWanted: () -> Bool
        let done: (OpenProblem?) -> Void
    }

    private let opener: any OpenerPort
    private var entries: [CapabilityName: CapabilityEntry] = [:]
    /// All entries, in the order of their names. Kept, since sorting them takes longer than all else that lists them.
    package private(set) var sorted: [CapabilityEntry] = []
    /// What the entries were made of.
    private var declared: [Capability] = []
    private var pending: [Ticket: Pending] = [:]
    private var nextTicket: UInt64 = 0
    /// Ends of pipes that wait for their takers, on the accounts of those who got the others.
    private let kept: Shares
    /// Descriptions made ahead.
    private let ahead: Shares

    package init(opener: any OpenerPort, limits: DescriptorLimits) {
        self.opener = opener
        kept = Shares(most: limits.kept, ofOne: limits.keptOfOne)
        ahead = Shares(most: limits.ahead, ofOne: limits.aheadOfOne)
    }

    package subscript(name: CapabilityName) -> CapabilityEntry? { entries[name] }

    package var count: Int { entries.count }

    /// All entries, in no order.
    package var all: some Collection<CapabilityEntry> { entries.values }

    /// Some entries, in the order of their names.
    package func sorted(where isMeant: (CapabilityEntry) -> Bool) -> [CapabilityEntry] { sorted.filter(isMeant) }

    /// The entries behind a name, in the order of theirs.
    /// - Parameter name: one that is there or was; nil: all of them.
    func sorted(behind name: CapabilityName?) -> ArraySlice<CapabilityEntry> {
        guard let name else { return sorted[...] }
        return sorted[place(behind: name)...]
    }

    /// Where in ``sorted`` those behind a name begin.
    private func place(behind name: CapabilityName) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if name < sorted[middle].capability.name { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// How many descriptors are held in all.
    package var descriptorCount: Int { entries.values.reduce(0) { $0 + $1.descriptorCount } }

    /// How many pairs have ends that wait for their takers on somebody's account, and how many descriptions made ahead are.
    package var charged: (kept: Int, ahead: Int) { (kept.total, ahead.total) }

    /// Makes the table hold exactly these capabilities.
    ///
    /// An entry whose declaration is unchanged stays as it is, with what it holds; the others are closed, and made anew.
    /// What is deposited stays, unless something else is declared to have its name.
    /// - Returns: the entries that are new, and the deposits that have to go.
    func replace(with capabilities: [Capability]) -> (added: [CapabilityEntry], displaced: [CapabilityEntry]) {
        // As when a rule was granted or revoked: then it is the same array, and nothing is compared.
        guard capabilities != declared else { return ([], []) }
        declared = capabilities
        var kept: [CapabilityName: CapabilityEntry] = [:]
        kept.reserveCapacity(capabilities.count)
        var added: [CapabilityEntry] = []
        var gone: [CapabilityEntry] = []
        var displaced: [CapabilityEntry] = []
        for capability in capabilities {
            let former = entries.removeValue(forKey: capability.name)
            if let former, former.capability.saysTheSame(as: capability) {
                kept[capability.name] = former
            } else {
                if let former, former.deposit != nil {
                    displaced.append(former)
                } else if let former {
                    gone.append(former)
                }
                let entry = CapabilityEntry(capability)
                kept[capability.name] = entry
                added.append(entry)
            }
        }
        for entry in entries.values {
            if entry.deposit == nil { gone.append(entry) } else { kept[entry.capability.name] = entry }
        }
        entries = kept
        sort(without: gone + displaced, with: added)
        for entry in gone {
            entry.close()
            opener.gaveUp(entry.capability, spoiled: nil)
        }
        return (added, displaced)
    }

    /// Holds what a client passed in, in place of what was deposited under its name.
    func insert(_ deposit: Deposit, _ capability: Capability, _ holding: any Holding) -> CapabilityEntry {
        let entry = CapabilityEntry(capability, deposit: deposit)
        entry.hold(holding)
        entry.state = .held
        entries[capability.name] = entry
        sorted.insert(entry, at: place(behind: capability.name))
        return entry
    }

    /// Lets go of a deposit; what was taken for grants under way stays with them.
    func remove(_ entry: CapabilityEntry) {
        let name = entry.capability.name
        if entries[name] === entry {
            entries[name] = nil
            let place = place(behind: name) - 1
            if place >= 0, sorted[place] === entry { sorted.remove(at: place) }
        }
        entry.close()
    }

    /// Of many the few that are other are found their places.
    private func sort(without gone: [CapabilityEntry], with added: [CapabilityEntry]) {
        if !gone.isEmpty {
            let gone = Set(gone.lazy.map(ObjectIdentifier.init))
            sorted.removeAll { gone.contains(ObjectIdentifier($0)) }
        }
        guard !added.isEmpty else { return }
        let new = added.sorted { $0.capability.name < $1.capability.name }
        guard !sorted.isEmpty else {
            sorted = new
            return
        }
        var merged: [CapabilityEntry] = []
        merged.reserveCapacity(sorted.count + new.count)
        var next = 0
        for entry in sorted {
            while next < new.count, new[next].capability.name < entry.capability.name {
                merged.append(new[next])
                next += 1
            }
            merged.append(entry)
        }
        merged += new[next...]
        sorted = merged
    }

    /// Lets go of what is held for a capability: it is opened again when it is asked for.
    package func close(_ entry: CapabilityEntry) { entry.close() }

    /// Somebody looked at the path of a capability: it names what is held, or something else (stale).
    package func looked(_ entry: CapabilityEntry, isStale: Bool) { entry.isStale = isStale }

    /// Closes what was made ahead and nobody took since the last call, and writing ends of pipes that nobody reads.
    package func shrinkStocks() {
        for entry in entries.values {
            entry.stock.shrink()
            if !entry.pairs.isEmpty { entry.pairs.closeAbandoned(of: nil, .write, opener.isAbandoned) }
        }
    }

    // MARK: Acquiring

    /// Finds or makes a descriptor that carries exactly the rights that are wanted.
    /// - Returns: nil when it comes later, as an ``Acquisition`` of one of the events.
    func acquire(_ want: Want) -> Result<AcquiredDescriptor, OpenProblem>? {
        let capability = want.entry.capability
        switch capability.source {
        case .file, .directory, .memory, .device, .connection, .helper:
            guard capability.opening == .eachGrant else { return acquireHeld(want) }
            let delivery = capability.source.deliveries.contains(.fresh) ? Delivery.fresh : .shared
            return ask(.descriptor(want, delivery)) {
                opener.openAnew(capability, want.rights, owner: want.owner, for: want.caller, $0)
            }.map { checked($0, want, delivery, nil) }
        case .listener, .deposit:
            return acquireHeld(want)
        case .pipe, .fifo:
            if let end = takeEnd(want) { return end }
            guard let charge = keep(for: want) else { return .failure(.usedUp("pipe-ends")) }
            return ask(.pair(want, charge)) { opener.makePair(capability, for: want.caller, $0) }.map {
                took($0, want, charge)
            }
        }
    }

    /// A place for the end that another one will have to take, on the account of who wants the first. Where the share is used
    /// up, ends that lead nowhere make room; one that somebody has the other end of is never closed (Decisions: an end that is
    /// kept is on an account).
    private func keep(for want: Want) -> Charge? {
        let account = want.call.caller.identity.account
        if let charge = kept.take(for: account) { return charge }
        closeAbandoned(want)
        return kept.take(for: account)
    }

    private func closeAbandoned(_ want: Want) {
        for side in [PipePairs.Side.write, .read] {
            want.entry.pairs.closeAbandoned(of: want.call.caller.identity.account, side, opener.isAbandoned)
        }
    }

    private func take(_ want: Want) -> PipePairs.Taken {
        let account = want.call.caller.identity.account
        return want.entry.pairs.take(
            want.rights.contains(.read) ? .read : .write, choice(want), for: account, isAbandoned: opener.isAbandoned
        ) { kept.take(for: account) }
    }

    /// A call that asks for both ends of a pipe gets those of one: of the first that it asks for of either side, the second, and
    /// so on.
    private func choice(_ want: Want) -> PipePairs.Choice {
        let items = want.call.items
        guard items.count > 1 else { return .any }
        let number = items[..<want.place].count { $0.entry === want.entry && $0.rights == want.rights }
        let partners = items.filter { $0.entry === want.entry && $0.rights != want.rights }
        guard number < partners.count else { return .any }
        return partners[number].acquired?.pipeEnd.map { .partner(of: $0) } ?? .whole
    }

    private func acquireHeld(_ want: Want) -> Result<AcquiredDescriptor, OpenProblem>? {
        if case .held = want.entry.state { return passOn(want) }
        // Where it can be opened in this turn, nobody else waits for it.
        return hold(want.entry, .want(want)).first?.result
    }

    /// Makes what leaves of what is held.
    private func passOn(_ want: Want) -> Result<AcquiredDescriptor, OpenProblem>? {
        let entry = want.entry
        guard let holding = entry.holding else {
            if case .held = entry.state { return .failure(OpenProblem(.badFileDescriptor, name: "EBADF")) }
            // Somebody before it found it spoiled: it is being made anew.
            return acquireHeld(want)
        }
        guard entry.capability.delivery == .fresh else {
            let result = checked(.success(holding.descriptor), want, .shared, holding)
            guard case .failure(let problem) = result, want.spoiled == nil, entry.capability.kind == .listener else {
                return result
            }
            return replaceSpoiled(want, problem)
        }
        let owner = entry.capability.kind == .memory ? want.owner : nil
        let mostAhead = opener.mostAhead(holding, entry.capability, owner: owner)
        if mostAhead > 0, let ready = entry.stock.take(want.rights, owner: owner, limit: mostAhead) {
            orderStock(want, holding, owner)
            return checked(.success(ready), want, .fresh, holding)
        }
        let made = ask(.descriptor(want, .fresh)) {
            opener.reopen(holding, entry.capability, want.rights, owner: owner, for: want.caller, $0)
        }
        if mostAhead > 0 { orderStock(want, holding, owner) }
        return made.map { checked($0, want, .fresh, holding) }
    }

    /// Has some made ahead, on the account of who wants one.
    private func orderStock(_ want: Want, _ holding: any Holding, _ owner: CopyOwner?) {
        let (entry, rights) = (want.entry, want.rights)
        // Of what is not declared any more nobody will take one.
        guard opener.hasTime, entries[entry.capability.name] === entry else { return }
        let account = want.call.caller.identity.account
        for _ in 0..<entry.stock.order(rights, owner: owner, room: ahead.room(for: account)) {
            let charge = ahead.take(for: account)
            let made = ask(.stock(entry, holding, rights, owner, charge)) {
                opener.reopen(holding, entry.capability, rights, owner: owner, for: want.caller, $0)
            }
            if let made { entry.stock.arrived(try? made.get(), rights, owner: owner, charge) }
        }
    }

    /// Makes another listener in place of one that a holder has done something to that cannot be undone.
    private func replaceSpoiled(_ want: Want, _ problem: OpenProblem) -> Result<AcquiredDescriptor, OpenProblem>? {
        opener.gaveUp(want.entry.capability, spoiled: problem)
        want.entry.close()
        var again = want
        again.spoiled = problem
        return hold(want.entry, .want(again)).first?.result
    }

    private func takeEnd(_ want: Want) -> Result<AcquiredDescriptor, OpenProblem>? {
        var taken = take(want)
        if case .usedUp = taken {
            closeAbandoned(want)
            taken = take(want)
        }
        guard case .end(let descriptor, let end) = taken else {
            if case .usedUp = taken { return .failure(.usedUp("pipe-ends")) }
            return nil
        }
        let result = checked(.success(descriptor), want, .shared, nil, end)
        if case .failure = result { want.entry.pairs.giveBack(descriptor, end) }
        return result
    }

    private func took(
        _ result: Result<PipeEnds, OpenProblem>, _ want: Want, _ charge: Charge
    ) -> Result<AcquiredDescriptor, OpenProblem> {
        if case .success(let ends) = result { want.entry.pairs.add(read: ends.read, write: ends.write, charge) }
        if let problem = result.problem { return .failure(problem) }
        return takeEnd(want) ?? .failure(OpenProblem(.resourceTemporarilyUnavailable, name: "EAGAIN"))
    }

    private func checked(
        _ made: Result<any PassableDescriptor, OpenProblem>, _ want: Want, _ delivery: Delivery,
        _ holding: (any Holding)?, _ end: PipePairs.End? = nil
    ) -> Result<AcquiredDescriptor, OpenProblem> {
        made.flatMap { descriptor in
            opener.check(descriptor, holding, want.entry.capability, want.rights, delivery).map {
                AcquiredDescriptor(descriptor, want.rights, delivery, $0, end)
            }
        }
    }

    /// Has what was acquired for a call read, for who gets the content alone.
    func readContent(_ acquired: AcquiredDescriptor, _ entry: CapabilityEntry, for call: OpenCall) {
        opener.readContent(acquired.descriptor, entry.capability, for: call)
    }

    /// Sets right what is shared once more, in the turn in which it leaves: others may have been at it while the record was
    /// written.
    /// - Returns: what cannot be undone.
    func setRightAgain(_ acquired: AcquiredDescriptor, _ entry: CapabilityEntry) -> OpenProblem? {
        guard acquired.delivery == .shared else { return nil }
        return opener.check(acquired.descriptor, entry.holding, entry.capability, acquired.rights, .shared).problem
    }

    /// What was acquired could not be sent: a pipe end goes back to its pair, all else is closed.
    func giveBack(_ acquired: AcquiredDescriptor, _ entry: CapabilityEntry) {
        guard let end = acquired.pipeEnd, !isPlanted(.endNotGivenBack) else { return }
        guard entries[entry.capability.name] === entry else {
            // Of what is declared no longer nobody takes an end: what was made while it went is closed, too.
            return entry.pairs.closeAll()
        }
        entry.pairs.giveBack(acquired.descriptor, end)
    }

    /// What was acquired has left.
    func delivered(_ acquired: AcquiredDescriptor, _ entry: CapabilityEntry) {
        if let end = acquired.pipeEnd { entry.pairs.delivered(end) }
    }

    // MARK: Holding

    /// Makes sure that an entry holds what it is to hold, opening it if need be.
    func hold(_ entry: CapabilityEntry, _ done: @escaping (OpenProblem?) -> Void) -> [Acquisition] {
        hold(entry, .then(done))
    }

    private func hold(_ entry: CapabilityEntry, _ waiter: CapabilityEntry.Waiter) -> [Acquisition] {
        entry.waiters.append(waiter)
        switch entry.state {
        case .opening: return []
        case .held: return settle(entry, nil)
        case .closed, .failed: break
        }
        entry.state = .opening
        switch entry.capability.source {
        case .connection, .helper:
            return settle(entry, nil)
        case .deposit:
            // It has gone meanwhile, and nobody can open it again.
            return settle(entry, OpenProblem(.badFileDescriptor, name: "EBADF", "the deposit has gone"))
        case .pipe, .fifo:
            let handed = opener.handedPairs(entry.capability)
            for pair in handed { entry.pairs.add(pair) }
            if !handed.isEmpty { return settle(entry, nil) }
            let made = ask(.firstPair(entry)) { opener.makePair(entry.capability, for: nil, $0) }
            return made.map { paired(entry, $0) } ?? []
        case .file, .directory, .memory, .device, .listener:
            let made = ask(.holding(entry)) { opener.hold(entry.capability, $0) }
            return made.map { held(entry, $0) } ?? []
        }
    }

    /// Opens a capability anew and, when that went well, holds it in place of what its entry holds. Otherwise nothing
    /// changes.
    /// - Parameter isWanted: asked when it is open; where it is not any more, or nothing is held by then in whose place it could
    ///   come, that is `ECANCELED`.
    package func renew(
        _ entry: CapabilityEntry, isWanted: @escaping () -> Bool = { true }, _ done: @escaping (OpenProblem?) -> Void
    ) {
        entry.renewals += 1
        let renewal = Renewal(number: entry.renewals, isWanted: isWanted, done: done)
        let made = ask(.renewal(entry, renewal)) { opener.hold(entry.capability, $0) }
        if let made { renewed(entry, made, renewal) }
    }

    private func renewed(
        _ entry: CapabilityEntry, _ result: Result<any Holding, OpenProblem>, _ renewal: Renewal
    ) {
        guard case .success(let holding) = result else { return renewal.done(result.problem) }
        guard case .held = entry.state, renewal.isWanted() else {
            return renewal.done(OpenProblem(.canceled, name: "ECANCELED"))
        }
        // One that began earlier may have found what was there before.
        if renewal.number > entry.newestRenewal {
            entry.newestRenewal = renewal.number
            keep(holding, entry)
        }
        renewal.done(nil)
    }

    private func keep(_ holding: any Holding, _ entry: CapabilityEntry) {
        entry.hold(holding)
        // A declaration that was taken back in the meantime is not kept beyond this run.
        if entries[entry.capability.name] === entry { opener.keeps(holding, entry.capability) }
    }

    private func held(_ entry: CapabilityEntry, _ result: Result<any Holding, OpenProblem>) -> [Acquisition] {
        if case .success(let holding) = result { keep(holding, entry) }
        return settle(entry, result.problem)
    }

    private func paired(_ entry: CapabilityEntry, _ result: Result<PipeEnds, OpenProblem>) -> [Acquisition] {
        if case .success(let ends) = result { entry.pairs.add(read: ends.read, write: ends.write) }
        return settle(entry, result.problem)
    }

    /// Ends `opening`, and answers all who waited.
    private func settle(_ entry: CapabilityEntry, _ problem: OpenProblem?) -> [Acquisition] {
        entry.state = problem.map(CapabilityEntry.State.failed) ?? .held
        var acquisitions: [Acquisition] = []
        let told = entry.waiters
        entry.waiters = []
        for waiter in told {
            switch waiter {
            case .then(let body): body(problem)
            case .want(let want):
                let result = problem.map { .failure(explained($0, want)) } ?? passOn(want)
                if let result { acquisitions.append(Acquisition(want: want, result: result)) }
            }
        }
        return acquisitions
    }

    /// Where a spoiled listener cannot be replaced, the error says what keeps it from that and what was wrong with it.
    private func explained(_ problem: OpenProblem, _ want: Want) -> OpenProblem {
        guard let spoiled = want.spoiled else { return problem }
        var whole = problem
        let why = spoiled.explanation ?? spoiled.errno.description
        whole.explanation = [why, problem.explanation].compactMap { $0 }.joined(separator: "; ")
        // What `vault status` shows is the whole of it.
        if want.entry.problem != nil { want.entry.state = .failed(whole) }
        return whole
    }

    // MARK: What comes later

    /// Asks for something with a ticket, which is kept for as long as the answer is not there.
    private func ask<Value>(
        _ kind: Pending, _ body: (Ticket) -> Result<Value, OpenProblem>?
    ) -> Result<Value, OpenProblem>? {
        let ticket = Ticket(nextTicket)
        nextTicket += 1
        pending[ticket] = kind
        guard let result = body(ticket) else { return nil }
        pending[ticket] = nil
        return result
    }

    func opened(_ ticket: Ticket, _ result: Result<any PassableDescriptor, OpenProblem>) -> [Acquisition] {
        switch pending.removeValue(forKey: ticket) {
        case .descriptor(let want, let delivery):
            return [Acquisition(want: want, result: checked(result, want, delivery, want.entry.holding))]
        case .stock(let entry, let holding, let rights, let owner, let charge):
            // What was ordered of what is not held any more is closed.
            if entry.holding === holding { entry.stock.arrived(try? result.get(), rights, owner: owner, charge) }
            return []
        case .holding, .renewal, .pair, .firstPair, nil:
            preconditionFailure("a descriptor came that nobody asked for")
        }
    }

    func held(_ ticket: Ticket, _ result: Result<any Holding, OpenProblem>) -> [Acquisition] {
        switch pending.removeValue(forKey: ticket) {
        case .holding(let entry):
            return held(entry, result)
        case .renewal(let entry, let renewal):
            renewed(entry, result, renewal)
            return []
        case .descriptor, .stock, .pair, .firstPair, nil:
            preconditionFailure("a holding came that nobody asked for")
        }
    }

    func paired(_ ticket: Ticket, _ result: Result<PipeEnds, OpenProblem>) -> [Acquisition] {
        switch pending.removeValue(forKey: ticket) {
        case .pair(let want, let charge): return [Acquisition(want: want, result: took(result, want, charge))]
        case .firstPair(let entry): return paired(entry, result)
        case .descriptor, .stock, .holding, .renewal, nil:
            preconditionFailure("a pair came that nobody asked for")
        }
    }
}

extension Result where Failure == OpenProblem {
    /// What went wrong, if something did.
    package var problem: OpenProblem? {
        if case .failure(let problem) = self { problem } else { nil }
    }
}
