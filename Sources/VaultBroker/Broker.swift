// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Logging
import Processes
import Records
import SystemPackage
import TransparencyLog
import Varlink
import VaultCore
import VaultInterface
import VaultLedger
import VaultMetrics
import VaultModel
import VaultPolicy

/// Decides, records, passes: the part of the daemon that clients talk to.
///
/// It lives on the event loop, so its state needs no lock and a handler runs to its end undisturbed. Nothing here waits for
/// the disk or for a path: the ledger, the opener and the work thread are asked, and answer later.
package actor Broker {
    let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let configuration: BrokerConfiguration
    let log: Logger
    let ledger: Ledger
    let reader: LedgerReader
    let revoked: RevocationWriter
    let work = WorkThread(name: "vaultd-work")
    /// Answers questions to the policy, and looks up whom a revocation is about, while another policy is being built.
    let questions = WorkThread(name: "vaultd-asked")
    /// Reads and hashes what is delivered in bytes, or was read into memory.
    let contents = WorkThread(name: "vaultd-content")
    let knownPolicy = KnownPolicy()
    /// Looks at the places of the vault's own files, on file systems that may never answer; nothing else waits for this thread.
    let files = WorkThread(name: "vaultd-files")
    let opener: OpenerQueue
    let hasher = ExecutableHasher()
    /// Executables that are being hashed.
    let hashing = OpenerLane(atOnce: 16, ofUser: 4)
    let bootID: String

    /// Decides, records and says what may leave; what it needs of this machine it gets from the ports.
    let core: BrokerCore
    let listenerStore: ListenerStore
    let depositStore: DepositStore
    /// How many paths each user has had looked at.
    var lookPace = RecordPace()
    var openingWait = OpeningWait()
    /// The end of this turn of the loop is noted: then the uids' shares of it begin anew.
    var isTurnNoted = false
    /// Another round for those who wait for their turns is timed.
    var isRoundTimed = false
    /// Free memory is about to be given back.
    var isGivingBackTimed = false
    /// How many lines each user may cause in the daemon's log.
    var logPace = LogPace()
    var foreignAccounts = ForeignAccounts()

    var ledgerCare = LedgerCare()
    var checkpoints = Checkpointing()
    let signer: CheckpointWriter
    /// What the start check found, and whether it was accepted.
    let checked: StartCheck.Outcome
    var users = UserNames()
    /// The looks at the paths of capabilities.
    var looks = PathLooks()
    /// What is watched of them, and to which of them something has happened.
    let fileWatches = FileWatches()
    var renewals = Renewals()
    /// Queries that wait for new records.
    var followers: [Follower] = []
    /// Where these are collected over HTTP; nil: nowhere, or not yet.
    var metricsEndpoint: MetricsEndpoint?
    /// The numbers as they were told there last, and as they are being read off.
    var metricsTold: ToldMetrics?
    var metricsAsked: Task<[MetricSample], Never>?
    /// How many exports get large replies.
    var largeExports = 0
    var duePumps: [Session] = []
    let identification = PeerIdentification()
    let service: ServiceDescription
    /// One buffer for everything that is received: the loop handles one connection at a time.
    let readBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Broker.readSize, alignment: 16)
    /// Looks at the paths of capabilities that are being declared; what a dead file system can hang is only this, and who waits
    /// for it has a limit.
    let declaredLooks = WorkThread(name: "vaultd-looks")
    /// The directory is to be read again as soon as that can be done: a signal came during the start, or what the start read
    /// could not be recorded.
    var reloadIsWanted = false
    /// That is being done.
    var isReloadingAgain = false
    /// Why the last reload did not come about; nil once one has.
    var reloadFailure: ReloadFailure?
    /// The directory as it was compared last with the policy in force.
    var directoryComparison: DirectoryComparison?

    var listeners: [Listener] = []
    var handover = Handover()
    let hasServiceManager: Bool
    /// What another daemon handed over and no capability has taken yet.
    let handedTable: HandedTable
    /// Where services store descriptors; nil: nowhere.
    var store: StoreEndpoint?
    /// Connections over which credentials are read: those that fail, and what the service manager keeps of them.
    let failedCredentials: FailedCredentials
    let credentialGuard: CredentialGuard
    /// Connections may have room for descriptors.
    var roomsAreMade = false
    /// By the numbers that the core gives them.
    var sessions: [UInt64: Session] = [:]
    /// A descriptor kept so that one can be freed when `accept(2)` finds none left (`EMFILE`).
    var reserve = DescriptorReserve()
    let startedAt = Moment.now()
    /// Counts the looks at what nothing tells of.
    var sweepCount = 0
    /// The log is pruned by one after the other.
    let pruneTurn = Turn()
    /// Called once when the broker has stopped.
    var onStopped: (@Sendable () -> Void)?

    package init(
        loop: EventLoop, configuration: BrokerConfiguration, ledger: Ledger, restored: RestoredState,
        checked: StartCheck.Outcome, journal: RevocationWriter, opener source: consuming OpenerSource,
        bootID: String, log: Logger, serviceManager: ServiceNotifier? = nil
    ) throws(Errno) {
        self.loop = loop
        self.configuration = configuration
        self.ledger = ledger
        self.reader = ledger.makeReader()
        self.checked = checked
        self.signer = CheckpointWriter(signer: checked.signer, file: checked.file)
        self.revoked = journal
        opener = OpenerQueue(
            try OpenerLink(
                source, loop: loop, timeLimit: .microseconds(configuration.openerTimeLimitUSec), log: log), loop)
        let kept = configuration.keptDescriptors?.take() ?? []
        hasServiceManager = serviceManager != nil
        handedTable = HandedTable(kept)
        depositStore = DepositStore(serviceManager, kept.filter { DepositStore.hasStored($0.name) }, loop)
        listenerStore = ListenerStore(
            serviceManager,
            kept.filter {
                !DepositStore.hasStored($0.name) && !HandedTable.isName($0.name) && !CredentialGuard.hasStored($0.name)
            })
        credentialGuard = CredentialGuard(serviceManager, kept, owner: configuration.ownerUID, loop)
        failedCredentials = FailedCredentials(loop)
        self.log = log
        self.bootID = bootID
        service = ServiceDescription(
            vendor: "vault", product: "vaultd", version: configuration.version, url: "https://vaultd.example/",
            interfaces: [
                BrokerInterface.description, AdminInterface.description, AuditInterface.description,
                MetricsInterface.description,
            ])
        let ports = (
            loop: LoopShell(loop), ledger: LedgerShell(loop),
            opener: OpenerShell(loop, opener, listenerStore, handedTable),
            holders: HolderShell(loop), policy: PolicyShell(loop),
            deposits: DepositShell(loop, depositStore, ownSockets: configuration.ownSockets)
        )
        core = BrokerCore(
            .init(
                loop: ports.loop, ledger: ports.ledger, opener: ports.opener, holders: ports.holders,
                policy: ports.policy, deposits: ports.deposits, trace: LogTrace(log)),
            restored: restored, bootID: bootID, hash: TreeHash.hexadecimalDigest, runID: Self.newRunID(),
            recordsPerUser: configuration.limits.recordsPerUser,
            leaseLimits: LeaseLimits(
                leasesPerUser: configuration.limits.leasesPerUser, holders: configuration.holderLimit,
                holdersPerUser: configuration.holderLimitPerUser),
            sessionLimits: configuration.limits.sessions,
            depositLimits: DepositLimits(
                inAll: configuration.depositLimit, perUser: configuration.limits.depositsPerUser))
        let all: [BrokerPort] = [
            ports.loop, ports.ledger, ports.opener, ports.holders, ports.policy, ports.deposits,
        ]
        for port in all { port.lead(to: self) }
    }

    var journal: Journal { core.journal }
    var table: Holdings { core.holdings }
    var leases: Leases { core.leases }
    var counters: CounterRoom { core.counters }
    var phase: Sessions.Phase { core.sessions.phase }
    var policy: PolicyInForce { core.administration.inForce }

    /// Distinguishes the requests of this run from those of every other: 48 random bits, as hexadecimal.
    private static func newRunID() -> String {
        let number = UInt64.random(in: 0..<(1 << 48))
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 12 - digits.count) + digits
    }
}
