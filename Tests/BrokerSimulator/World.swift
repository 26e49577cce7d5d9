// SPDX-License-Identifier: Apache-2.0

import Records
import VaultCore
import VaultModel

/// One broker after the other over one simulated ledger, with all that is around them: clients, administrators, the opener,
/// the disk, the clocks.
///
/// Everything that happens is an event in a list, and which comes next is a choice. A step handles one event, ends the turn
/// as the loop does, and has the checker look.
final class World {
    struct Event {
        let label: String
        let happen: () -> Void
    }

    struct Timer {
        let id: TimerID
        let bootUSec: Int64
        let event: TimerEvent
    }

    /// How far a step moves the clocks by itself.
    private static let stepUSec: Int64 = 100
    /// As many events settle any life; more is an endless loop.
    private static let mostEvents = 5_000

    private static let rightOffset: Int64 = 1_800_000_000_000_000

    let choices: Choices
    let trace: ((String) -> Void)?
    let registry = DescriptorRegistry()
    let ledger = SimLedger()
    let checker = Checker()

    var bootUSec: Int64 = 1_000_000_000
    /// Added to the boot clock it is the wall clock.
    var wallOffset = World.rightOffset
    private var boot = 1
    var bootID: String { "boot-\(boot)" }

    var core: BrokerCore?
    /// The core is being given up: what it still says is heard by nobody.
    var isMuted = false
    private(set) var life = 0
    /// How many lives have ended.
    private(set) var livesEnded = 0

    var events: [Event] = []
    var afterTurn: [() -> Void] = []
    var timers: [Timer] = []
    var nextTimer: UInt64 = 0
    /// Tickets of the opener that are not answered.
    var openTickets = 0

    var processes: [SimProcess] = []
    var nextPid: Int32 = 100
    var watched: [HolderKey: Int] = [:]
    var sessions: [Session] = []
    var nextSession = 0
    var descriptorLimits = DescriptorLimits(of: 1_000)
    /// What clients have not read of connections that have ended in this life.
    var left: [(uid: UInt32, unread: Unread)] = []

    var administration = Administration()

    /// What clients have passed in: how much of it there may be, what the core keeps of it, and whom it was sent to for itself.
    var depositLimits = DepositLimits(inAll: 8, perUser: 3)
    var keptDeposits: Set<String> = []
    var sentTakes: [SentTake] = []
    /// What the service manager keeps of it, and what of that comes back and is not held yet.
    var manager = SimManager()
    var returning: Set<String> = []
    /// Calls about deposits that are not answered, and the names of those that pass something in.
    var depositCalls = 0
    var depositsUnderWay = 0

    /// Clients deposit, and some rules let them.
    private(set) lazy var hasDeposits = choices.isOne(in: 2)

    /// Its rules neither count nor have times, but for a forbid's: what is decided once is decided so until they change.
    private(set) lazy var hasPlainRules = choices.isOne(in: 3)

    init(_ choices: Choices, trace: ((String) -> Void)? = nil) {
        self.choices = choices
        self.trace = trace
    }

    func now() -> Moment { Moment(wallUSec: bootUSec + wallOffset, bootUSec: bootUSec) }

    func say(_ text: @autoclosure () -> String) { if let trace { trace(text()) } }

    func later(_ label: String, _ happen: @escaping () -> Void) {
        events.append(Event(label: label, happen: happen))
    }

    // MARK: A history

    /// Plays until `lives` have ended, or as far as the history goes that is replayed.
    func play(lives: Int) {
        choices.beginStep()
        makePolicy()
        begin()
        endTurn()
        while livesEnded < lives, choices.hasMore, checker.finding == nil {
            choices.beginStep()
            bootUSec += Self.stepUSec
            act()
            endTurn()
            checker.look(self)
        }
        if checker.finding == nil, livesEnded < lives { settle() }
        // What refers to each other would keep each other for ever.
        abandon()
    }

    private func act() {
        if hasDeposits, choices.isOne(in: 3) { return actOnDeposits() }
        switch choices.pick(26) {
        case 0...8: deliver()
        case 9...13: openSomething()
        case 14: connect()
        case 15: disturbSession()
        case 16: if choices.isOne(in: 4) { letGo() } else { renewOrRelease() }
        case 17, 18: administer()
        case 19, 20: letTimePass()
        case 21: disturbProcess()
        case 22: setClock()
        case 23: disturbHolding()
        case 24: tellReceipts()
        default: if choices.isOne(in: 2) { endLife() } else { deliver() }
        }
    }

    /// Handles the oldest event, or another.
    func deliver() {
        guard !events.isEmpty else { return advance(1_000) }
        let place = choices.isOne(in: 3) ? choices.pick(events.count) : 0
        let event = events.remove(at: place)
        say(event.label)
        event.happen()
    }

    /// What was to be done when all that the turn brings has been handled.
    func endTurn() {
        while !afterTurn.isEmpty {
            let hooks = afterTurn
            afterTurn = []
            for hook in hooks { hook() }
        }
    }

    // MARK: Time

    func advance(_ usec: Int64) {
        bootUSec += usec
        let due = timers.filter { $0.bootUSec <= bootUSec }.sorted {
            ($0.bootUSec, $0.id.number) < ($1.bootUSec, $1.id.number)
        }
        for timer in due where !events.contains(where: { $0.label == "timer \(timer.id.number)" }) {
            later("timer \(timer.id.number)") { [self] in
                guard let place = timers.firstIndex(where: { $0.id == timer.id }) else { return }
                timers.remove(at: place)
                core?.fired(timer.event)
            }
        }
    }

    func letTimePass() {
        letTimePass(choices.pick(of: [1_000, 100_000, 150_000, 600_000, 1_100_000, 3_000_000, 11_000_000]))
    }

    func letTimePass(_ usec: Int64) {
        say("\(usec / 1_000) ms pass")
        advance(usec)
        sweep()
    }

    /// What the shell does every quarter of a second.
    private func sweep() {
        guard let core, administration.isServing else { return }
        _ = core.sweep()
        if choices.isOne(in: 4) {
            core.denials.recordFolded()
            core.holdings.shrinkStocks()
        }
    }

    private func setClock() {
        let usec: Int64 = choices.pick(of: [-500_000, -3_000_000, -60_000_000, 0])
        if usec == 0, choices.isOne(in: 2) { return acceptClock() }
        if usec == 0 {
            // It is set right again, and so forward.
            wallOffset = Self.rightOffset
        } else {
            wallOffset += usec
        }
        say("the wall clock is set")
        _ = administration.isServing ? core?.journal.noteClock(now()) : nil
    }

    /// An administrator says that the clock is right as it is.
    private func acceptClock() {
        guard let core, administration.isServing, core.journal.isWorking, !core.journal.isTrusted(now()) else { return }
        say("the wall clock is right as it is")
        let moment = now()
        let acceptance = Record.clockAccept(
            peer: PeerText(uid: 0, pid: 1, pidfdInode: nil), reason: nil, newestUSec: core.journal.newestUSec,
            acceptedUSec: moment.wallUSec)
        core.journal.append(
            acceptance, at: moment,
            waiter: .then { [self] outcome in
                guard outcome == .committed else { return }
                self.core?.journal.acceptClock(moment.wallUSec)
                self.core?.policy.moveOn()
            })
    }

    // MARK: Lives

    /// Starts a broker over what the ledger holds.
    func begin() {
        life += 1
        registry.newLife()
        administration.isServing = false
        administration.isTakenUp = false
        administration.isReloadWanted = false
        checker.lifeBegins(life)
        if hasDeposits { handOver() }
        start()
    }

    private func endLife() {
        if choices.isOne(in: 2), administration.isServing {
            stop()
        } else {
            crash()
        }
        guard checker.finding == nil else { return }
        if choices.isOne(in: 8) { reboot() }
        if choices.isOne(in: 2) {
            say("the wall clock is set forward")
            wallOffset += 60_000_000
        }
        begin()
    }

    /// At this point, whatever it is: with the turn's end still to come, or after it.
    func crash() {
        if choices.isOne(in: 2) { endTurn() }
        if let batch = ledger.inFlight {
            if choices.isOne(in: 2) { store(batch) }
            ledger.inFlight = nil
        }
        say("the broker crashes")
        end()
    }

    private func end() {
        abandon()
        ledger.hasFailed = false
        livesEnded += 1
    }

    /// Lets go of the core and of all that refers to it.
    private func abandon() {
        guard let core else { return }
        isMuted = true
        registry.newLife()
        // Waiters refer to the core, and it to them.
        core.commitFailed(LedgerError(.closed, "the simulated broker is gone", remedy: "start another"))
        for session in sessions { session.end() }
        sessions = []
        left = []
        self.core = nil
        events = []
        afterTurn = []
        timers = []
        openTickets = 0
        keptDeposits = []
        returning = []
        sentTakes = []
        depositCalls = 0
        depositsUnderWay = 0
        watched = [:]
        administration.waiting = 0
        isMuted = false
    }

    private func reboot() {
        say("the machine starts anew")
        boot += 1
        bootUSec = 5_000_000
        wallOffset += 1_000_000_000
        for process in processes { process.isGone = true }
        processes = []
        manager = SimManager()
        checker.clockWentForward(now())
    }

    /// Faults stop, and all that is under way comes to its end; then the broker stops in good order.
    private func stop() {
        settle()
        guard checker.finding == nil, let core else { return }
        say("the broker stops")
        for session in sessions { close(session) }
        calmly {
            if core.journal.isWorking { core.journal.append(.stop(records: core.journal.nextIndex)) }
            endTurn()
            drain()
        }
        checker.lookAtStop(self)
        end()
    }

    // MARK: Liveness

    /// Faults stop: whoever waits is answered, and the log is written again.
    func settle() {
        say("faults stop")
        calmly {
            for session in sessions { session.isReading = true }
            for one in left { one.unread.isReading = true }
            drain()
            // Leases that have a time end, and so does that of who takes a deposit.
            advance(hasDeposits ? 31_000_000 : 6_000_000)
            drain()
        }
        if sessions.contains(where: { $0.waitingCalls > 0 }) {
            checker.found(.liveness, "a call waits for its turn for ever")
        }
        if checker.finding == nil { checker.lookWhenSettled(self) }
    }

    private func calmly(_ body: () -> Void) {
        choices.isCalm = true
        body()
        choices.isCalm = false
    }

    /// Handles events until none comes for a while.
    private func drain() {
        var handled = 0
        var quiet = 0
        while quiet < 4 || !events.isEmpty, checker.finding == nil {
            if events.isEmpty {
                quiet += 1
                advance(150_000)
                sweep()
            } else {
                quiet = 0
                handled += 1
                deliver()
            }
            endTurn()
            checker.look(self)
            if handled > Self.mostEvents { checker.found(.liveness, "it never comes to rest") }
        }
    }
}
