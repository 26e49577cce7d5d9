// SPDX-License-Identifier: Apache-2.0

import Descriptors
import FDHolderProtocol
import Glibc
import Logging
import Records
import Synchronization
import SystemPackage
import TransparencyLog
import VaultBroker
import VaultInterface
import VaultLedger
import VaultModel

/// Starts the daemon: what needs root first, then the user that it is to run as, then everything else.
struct Startup {
    let settings: Settings
    private let log: Logger

    init(_ settings: Settings) {
        self.settings = settings
        log = StandardErrorLog.logger(settings)
    }

    /// Runs until a signal stops the daemon.
    func run() throws {
        // Before there is a second thread: what is blocked here is blocked in all.
        try call("block signals") { () throws(Errno) in _ = try Signals.block([SIGTERM, SIGINT, SIGHUP]) }
        signal(SIGPIPE, SIG_IGN)
        // A limit on the size of files is an error of the write that meets it, as a full disk is; not the end of the process.
        signal(SIGXFSZ, SIG_IGN)
        let limit = try call("raise the limit of descriptors") { () throws(Errno) in try ResourceLimits.raiseOpenFiles()
        }
        // Looked at before anything of our own is open under such a number.
        let ready = try settings.flags.readyFd.map(ReadySignal.init)
        let activated = ActivatedDescriptors(try StartFailure.takingSockets())
        do {
            try run(activated, ServiceNotifier(), descriptorLimit: Int(clamping: limit.soft), ready)
        } catch {
            activated.kept.failCredentials()
            throw error
        }
    }

    /// First what needs root, then the user that it is to run as, then everything else.
    private func run(
        _ activated: ActivatedDescriptors, _ notifier: ServiceNotifier?, descriptorLimit: Int, _ ready: ReadySignal?
    ) throws {
        let user = try RunAsUser(settings)
        try Directories(settings: settings, user: user).prepare(sockets: settings.sockets(notIn: activated))
        let places = try StateLocation(settings, activated: activated.sockets)
        // The service manager's credentials are root's.
        let credential = try CredentialReader().logKey()
        let credentials = try CredentialReader().read(before: user)
        let takeover = try takeOver(places, notifier)
        // In boxes from here on: who keeps one of these descriptors keeps it open when the broker gives it up.
        let kept = takeover.map { KeptDescriptors($0.take(where: KeptDescriptors.isName)) } ?? activated.kept
        let sockets = try OwnSockets(
            settings, activated, handed: takeover?.take(where: Takeover.isSocket) ?? [])
        // Until the other has ended, or has been heard to end, the paths are its own.
        var isOwn = takeover == nil
        do {
            let opener = try openerSource(user, places)
            try user?.become()
            let end = try serve(
                places, sockets, kept, takeover, credential, credentials, opener, notifier,
                descriptorLimit: descriptorLimit, ready)
            isOwn = end == .stopped
        } catch {
            if isOwn { sockets.remove() }
            throw error
        }
        if isOwn { sockets.remove() }
    }

    /// How a run ended.
    private enum End {
        case stopped
        /// Another daemon serves now, at the same socket.
        case handedOver
    }

    private func takeOver(_ places: StateLocation, _ notifier: ServiceNotifier?) throws(StartFailure) -> Takeover? {
        guard settings.flags.takeover else { return nil }
        guard notifier == nil else {
            throw StartFailure(
                message: "--takeover is not for a daemon that a service manager runs (NOTIFY_SOCKET is set)",
                remedy: "systemctl restart vaultd: the manager keeps listeners and deposits meanwhile", isUsage: true)
        }
        do throws(HandoverProblem) {
            return try Takeover.begin(state: places.state, version: Release.version)
        } catch {
            var remedy = "look at the other daemon's log; it goes on"
            switch error {
            case .refused(_, let other?): remedy = other
            case .system(_, .noSuchFileOrDirectory), .system(_, .connectionRefused):
                remedy = "start vaultd without --takeover, or name the state of one that runs with --state"
            default: break
            }
            throw StartFailure(message: "cannot take over: \(error)", remedy: remedy)
        }
    }

    private func openerSource(_ user: RunAsUser?, _ places: StateLocation) throws(StartFailure) -> OpenerSource {
        if let path = settings.flags.openerSocket { return .service(FilePath(path)) }
        return try OpenerLauncher(settings: settings, user: user, places: places).launch()
    }

    private func serve(
        _ places: StateLocation, _ sockets: OwnSockets, _ kept: KeptDescriptors, _ takeover: Takeover?,
        _ credential: NoteSigner?, _ credentials: Credentials?, _ opener: consuming OpenerSource,
        _ notifier: ServiceNotifier?, descriptorLimit: Int, _ ready: ReadySignal?
    ) throws -> End {
        let loop = try call("make the event loop") { () throws(Errno) in try EventLoop() }
        let state = places.state
        var (ledger, restored) = try ledgerCall { () throws(LedgerError) in try Ledger.open(directory: state) }
        let checked = try check(state, &restored, credential)
        let journal = try ledgerCall { () throws(LedgerError) in try RevocationWriter(directory: state) }
        let bootID = try call("read the boot id") { () throws(Errno) in try SystemClock.bootID() }
        var configuration = try configuration(places, descriptorLimit: descriptorLimit)
        configuration.credentials = credentials
        configuration.keptDescriptors = kept
        // The reader of the settings has looked at it.
        configuration.fdHolder = try? FDHolderNames(prefix: settings.s6Prefix.value)
        configuration.fdHolderSockets = configuration.fdHolder == nil ? [] : sockets.s6.descriptors
        configuration.credentialNames = try? CredentialNames(settings.credentialNames.value)
        configuration.credentialSockets = sockets.credentials.descriptors
        configuration.metricsSockets = sockets.metrics.descriptors
        configuration.store = sockets.store.map { StoreSocket($0.socket, $0.names) }
        let broker = try Broker(
            loop: loop, configuration: configuration, ledger: ledger, restored: restored, checked: checked,
            journal: journal, opener: opener, bootID: bootID, log: log, serviceManager: notifier)
        let report = notifier.map { ServiceReport($0, broker, loop) }
        try watchSignals(loop, broker, report)
        // Passed by the task to the thread that runs the loop.
        let failure = Mutex<StartFailure?>(nil)
        let wasHandedOver = Mutex(false)
        // Only who has root can start another opener, and that is the service manager.
        let stopsWithOpener = notifier != nil
        Task.detached { [log, restored] in
            if stopsWithOpener {
                await broker.onOpenerLoss {
                    failure.withLock { $0 = .openerLost }
                    Task.detached { await broker.stop { loop.stop() } }
                }
            }
            do {
                await broker.onHandedOver {
                    wasHandedOver.withLock { $0 = true }
                    loop.stop()
                }
                try await broker.start(restored, on: sockets.varlink.descriptors) {
                    guard let takeover else { return }
                    try await WorkThread(name: "vaultd-takeover").run { () throws(HandoverProblem) in
                        try takeover.finish()
                    }
                }
                takeover?.isServing()
                await report?.ready()
                if let ready { ready.signal() }
            } catch {
                log.critical("the broker cannot start: \(error)")
                let why = StartFailure(
                    message: "the broker cannot start: \(error)",
                    remedy: "look at the messages above; `vaultd --check` checks the policies")
                failure.withLock { $0 = why }
                if takeover == nil { await broker.untilCredentialsEnd() }
                loop.stop()
            }
        }
        loop.run()
        if let failure = failure.withLock({ $0 }) { throw failure }
        return wasHandedOver.withLock { $0 } ? .handedOver : .stopped
    }

    /// Compares the database with its checkpoints; goes on with another one only where that was accepted.
    private func check(
        _ directory: FilePath, _ restored: inout RestoredState, _ credential: NoteSigner?
    ) throws(StartFailure) -> StartCheck.Outcome {
        let check = StartCheck(
            directory: directory, origin: settings.logOrigin.value, credential: credential)
        let state = restored
        let checked = try ledgerCall { () throws(LedgerError) in try check.run(state) }
        let origin = settings.logOrigin
        if origin.origin != "default", let name = restored.origins.first?.name, name != origin.value {
            log.warning("the log is called \(name) and stays so; audit.origin (\(origin.origin)) names new logs")
        }
        guard settings.flags.acceptRollback else { return checked }
        guard checked.finding != nil else {
            throw StartFailure(
                message: "there is nothing to accept: the log is the one that was signed",
                remedy: "start vaultd without --accept-rollback", isUsage: true)
        }
        return try ledgerCall { () throws(LedgerError) in try check.accept(checked, &restored) }
    }

    private func watchSignals(_ loop: EventLoop, _ broker: Broker, _ report: ServiceReport?) throws {
        _ = try call("watch signals") { () throws(Errno) in
            try loop.signals([SIGTERM, SIGINT, SIGHUP]) { info in
                if info.signal == SIGHUP {
                    Task.detached {
                        // Until the start is done the service manager hears of nothing else.
                        guard await broker.reload({ report?.reloading() }) else { return }
                        await report?.ready()
                    }
                } else {
                    report?.stopping()
                    Task.detached { await broker.stop { loop.stop() } }
                }
            }
        }
    }

    private func configuration(_ places: StateLocation, descriptorLimit: Int) throws -> BrokerConfiguration {
        var configuration = BrokerConfiguration(
            stateDirectory: places.state.string, ownerUID: settings.owner, descriptorLimit: descriptorLimit,
            version: Release.version)
        configuration.policyDirectory = settings.policies.value ?? settings.missingPolicies
        configuration.policyDirectoryMayBeMissing = settings.missingPolicies != nil
        configuration.configurationFile = settings.configurationFile.value
        configuration.ownSockets = settings.sockets.map(\.value) + places.sockets.map(\.string)
        configuration.openerPlaces = settings.openerPlaces
        configuration.openerTimeLimitUSec = settings.openerTimeoutUSec.value
        configuration.recoverAdmin = settings.flags.recoverAdmin
        configuration.setRecordedFacts(settings.recordedFacts.value.map(\.rawValue))
        configuration.setCheckpoints(
            records: settings.checkpointRecords.value, everyUSec: settings.checkpointEveryUSec.value)
        let limits = settings.configuration.limits
        func set<Value>(_ path: WritableKeyPath<BrokerConfiguration.Limits, Value>, _ value: Value?) {
            if let value { configuration.limits[keyPath: path] = value }
        }
        set(\.sessions.connections, limits.connections?.value)
        set(\.sessions.connectionsPerUser, limits.connectionsPerUID?.value)
        set(\.messageBytes, limits.messageBytes?.value)
        set(\.sessions.idleUSec, limits.idleUSec?.value)
        set(\.sessions.halfMessageUSec, limits.halfMessageUSec?.value)
        set(\.recordsPerUser, limits.recordsPerUID?.value)
        set(\.leasesPerUser, limits.leasesPerUID?.value)
        set(\.depositsPerUser, limits.depositsPerUID?.value)
        set(\.holders, limits.holders?.value)
        return configuration
    }

    private func call<Result: ~Copyable>(_ what: String, _ body: () throws(Errno) -> Result) throws(StartFailure)
        -> Result
    {
        try StartFailure.reporting(
            "cannot \(what)", remedy: "look at the limits of this process and the system's log", body)
    }

    private func ledgerCall<Result>(_ body: () throws(LedgerError) -> Result) throws(StartFailure) -> Result {
        do {
            return try body()
        } catch {
            throw StartFailure(message: error.message, remedy: error.remedy)
        }
    }
}
