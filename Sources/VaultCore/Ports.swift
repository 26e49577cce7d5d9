// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel

/// A descriptor as the core sees it: something that is passed on or given up. It is closed when the last reference to it goes.
package protocol PassableDescriptor: AnyObject, Sendable {}

/// What is held for a capability, with what the shell has to know of it. It is closed when the last reference to it goes.
package protocol Holding: AnyObject, Sendable {
    var descriptor: any PassableDescriptor { get }
}

/// What is asked of the outside and comes later, as an event that names this. Never given twice.
package struct Ticket: Hashable, Sendable {
    package let number: UInt64
    package init(_ number: UInt64) { self.number = number }
}

/// The clocks, the ends of turns, and timers.
package protocol LoopPort: AnyObject {
    func now() -> Moment
    /// The boot clock alone, in microseconds.
    var bootUSec: Int64 { get }
    /// Has ``BrokerCore/commitDue()`` called when all that this turn brings has been handled.
    func commitAfterTurn()
    /// Has ``BrokerCore/answersDue()`` called behind what is queued by now.
    func answerSoon()
    /// Has ``BrokerCore/fired(_:)`` called at this time of the boot clock, in microseconds.
    func timer(at bootUSec: Int64, _ event: TimerEvent) -> TimerID
    /// Ends a timer; one that has fired is no error.
    func cancel(_ timer: TimerID)
}

/// Names a timer that runs.
package struct TimerID: Hashable, Sendable {
    package let number: UInt64
    package init(_ number: UInt64) { self.number = number }
}

/// What a timer is for.
package enum TimerEvent: Sendable {
    /// A lease expires.
    case lease(String)
    /// The time of a deposit has come.
    case deposit(String)
    /// Who took a deposit has had its time to confirm it.
    case take(String)
    /// Outcomes that found no batch to ride with are committed by themselves.
    case deliveries
}

/// The ledger: one batch at a time, answered by ``BrokerCore/committed(_:)`` or ``BrokerCore/commitFailed(_:)``.
package protocol LedgerPort: AnyObject {
    func commit(_ batch: Batch)
    /// A batch is durable and all who waited for it have been answered: what the log is signed for, and who follows it, can
    /// go on.
    func settled()
}

/// Where descriptors come from: the opener, the kernel, a helper.
///
/// What can be had in this turn is returned; nil means that the answer comes later, as an event with the ticket.
package protocol OpenerPort: AnyObject {
    /// Whether something may be asked for that nobody waits for yet.
    var hasTime: Bool { get }
    /// Opens a capability anew for one grant of this caller (``BrokerCore/opened(_:_:)``).
    ///
    /// Whoever is named as the caller here and below, on its account it is; once it is gone it need not be done any more,
    /// and fails.
    func openAnew(
        _ capability: Capability, _ rights: Rights, owner: CopyOwner?, for caller: Caller, _ ticket: Ticket
    ) -> Result<any PassableDescriptor, OpenProblem>?
    /// Opens what is to be held (``BrokerCore/held(_:_:)``).
    func hold(_ capability: Capability, _ ticket: Ticket) -> Result<any Holding, OpenProblem>?
    /// How many descriptions or copies of what is held may be made ahead for one owner; 0: none, since one is made at once.
    func mostAhead(_ holding: any Holding, _ capability: Capability, owner: CopyOwner?) -> Int
    /// Makes a description, or a copy, of its own of what is held (``BrokerCore/opened(_:_:)``).
    func reopen(
        _ holding: any Holding, _ capability: Capability, _ rights: Rights, owner: CopyOwner?, for caller: Caller,
        _ ticket: Ticket
    ) -> Result<any PassableDescriptor, OpenProblem>?
    /// Makes a pair of pipe ends (``BrokerCore/paired(_:_:)``).
    /// - Parameter caller: nil: nobody's, to see that it can be done.
    func makePair(_ capability: Capability, for caller: Caller?, _ ticket: Ticket) -> Result<PipeEnds, OpenProblem>?
    /// The pairs of a capability that another daemon has handed over; to be asked once.
    func handedPairs(_ capability: Capability) -> [PartialPair]
    /// Checks that what is about to leave carries the rights of the grant and nothing else, and undoes what others who share
    /// it did to it.
    func check(
        _ descriptor: any PassableDescriptor, _ holding: (any Holding)?, _ capability: Capability, _ rights: Rights,
        _ delivery: Delivery
    ) -> Result<CheckedDescriptor, OpenProblem>
    /// Reads what a descriptor that was acquired for a call holds, from its beginning, up to
    /// ``OpenRequest/largestContent`` (``BrokerCore/contentRead(_:_:)``, always later).
    func readContent(_ descriptor: any PassableDescriptor, _ capability: Capability, for call: OpenCall)
    /// Whether nobody has the other end of a pipe, and there is nothing left in it to read.
    func isAbandoned(_ descriptor: any PassableDescriptor, _ side: PipePairs.Side) -> Bool
    /// What was held for a capability is not wanted any more: it is declared no longer, or (with a problem) somebody who had it
    /// did to it what cannot be undone.
    func gaveUp(_ capability: Capability, spoiled: OpenProblem?)
    /// This is held from now on.
    func keeps(_ holding: any Holding, _ capability: Capability)
}

extension OpenerPort {
    package func handedPairs(_ capability: Capability) -> [PartialPair] { [] }
}

/// What a capability held when it was read.
package struct CapabilityContent: Equatable, Sendable {
    package let bytes: [UInt8]
    /// In lower-case hexadecimal digits.
    package let sha256: String

    package init(bytes: [UInt8], sha256: String) {
        self.bytes = bytes
        self.sha256 = sha256
    }
}

/// The ends of a pair that are still there.
package struct PartialPair {
    package var read: (any PassableDescriptor)?
    package var write: (any PassableDescriptor)?
    package init(read: (any PassableDescriptor)?, write: (any PassableDescriptor)?) {
        self.read = read
        self.write = write
    }
}

/// Both ends of a new pair.
package struct PipeEnds {
    package var read: any PassableDescriptor
    package var write: any PassableDescriptor
    package init(read: any PassableDescriptor, write: any PassableDescriptor) {
        self.read = read
        self.write = write
    }
}

/// Whose a copy of a secret is to be.
package struct CopyOwner: Hashable, Sendable {
    package var uid: UInt32
    package var gid: UInt32
    package init(uid: UInt32, gid: UInt32) {
        self.uid = uid
        self.gid = gid
    }
}

/// What the last check found of a descriptor.
package struct CheckedDescriptor: Sendable {
    /// Of a copy of a secret: whose it is, and who may open it.
    package var copy: CopyStatus?
    /// Of what was found by a path: what the path led to.
    package var opened: Record.Opened?
    /// Of a TCP connection: whom it leads to.
    package var connected: String?
    package init(copy: CopyStatus? = nil, opened: Record.Opened? = nil, connected: String? = nil) {
        self.copy = copy
        self.opened = opened
        self.connected = connected
    }
}

/// Whose a copy of a secret is, and its permission bits.
package struct CopyStatus: Hashable, Sendable {
    package var uid: UInt32
    package var gid: UInt32
    package var permissions: UInt32
    package init(uid: UInt32, gid: UInt32, permissions: UInt32) {
        self.uid = uid
        self.gid = gid
        self.permissions = permissions
    }
}

/// Processes that hold leases, watched until they exit (``BrokerCore/exited(_:)``).
package protocol HolderPort: AnyObject {
    /// Watches the process at the other end of a connection; nil where that cannot be done now.
    func watch(_ caller: Caller, _ key: HolderKey) -> (any HolderWatch)?
    /// Opens a process of an earlier run again, and watches it; nil when it has ended.
    func watch(_ key: HolderKey) -> (any HolderWatch)?
}

/// A process that is being watched.
package protocol HolderWatch: AnyObject {
    /// Watches no longer.
    func end()
}

/// Names a process for as long as the machine runs: pids are used again, the inodes of pidfds are not.
package struct HolderKey: Hashable, Sendable {
    /// In the daemon's pid namespace.
    package let pid: Int32
    /// nil before Linux 6.9.
    package let pidfdInode: UInt64?
    /// In clock ticks since the boot; only where there is no inode.
    package let startTicks: UInt64?

    package init(pid: Int32, pidfdInode: UInt64?, startTicks: UInt64?) {
        self.pid = pid
        self.pidfdInode = pidfdInode
        self.startTicks = startTicks
    }
}

/// A connection, and the process at its other end.
package protocol CallerPort: AnyObject {
    /// What names the process; nil when it has ended, or is hidden from the broker.
    func holderKey() -> HolderKey?
    /// Its program, where that was read; for people.
    var program: String? { get }
    /// Whether it is alive, has the same ids, and what these selectors read of it is unchanged.
    func recheck(_ facts: SelectorKinds, _ call: OpenCall) -> CallerState
    /// Whether all descriptors that were sent to it have been read.
    func hasReadAll() -> Bool
    /// Something that may let its next grant leave has changed.
    func lookAgain()
    /// The same, in a moment.
    func lookAgainLater()
    /// Nothing is owed to it, and it owes nothing.
    var isIdle: Bool { get }
    /// Since when half a message waits for its other half (boot clock, in microseconds).
    var halfMessageSinceUSec: Int64? { get }
    /// No more calls are taken from it; what it asked before is answered, and then the connection ends.
    func takeNoMore()
    /// Ends the connection, and says so (``BrokerCore/closed(_:reason:)``).
    /// - Parameter reason: why recorded grants that wait on it are not sent; nil: nobody could tell them from others.
    func end(_ reason: DeliveryLog.Reason?)
    /// The connection has ended with descriptors unread. What is left of it is kept, and nothing is sent or received over it any
    /// more, so that it can be seen when they are read; nil where it cannot.
    func linger() -> (any UnreadPort)?
}

/// What is left of a connection that has ended: descriptors that the client has not read. It goes with the last reference to
/// this.
package protocol UnreadPort: AnyObject {
    /// Whether they have been read, or the other end is closed.
    func hasReadAll() -> Bool
}

/// What a look at a caller found, just before something is sent to it.
package enum CallerState: Sendable {
    case same
    case different
    /// Only the opener can tell: ``BrokerCore/rechecked(_:isSame:)``.
    case asking
}

/// What one `Open` is owed: a refusal or descriptors, once.
package protocol OpenAnswer: AnyObject {
    func refuse(_ refusal: Refusal)
    /// Queues the descriptors of a recorded call; when it is their turn ``BrokerCore/verdict(_:)`` is asked, and
    /// ``BrokerCore/passed(_:_:)`` or ``BrokerCore/closed(_:)`` tells what became of them.
    func grant(_ call: OpenCall)
}

/// Follows calls on their way, for who looks for what is slow.
package protocol TracePort: AnyObject {
    /// A call has come to another stage.
    func moved(_ call: OpenCall)
}
