// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Logging
import SystemPackage
import TransparencyLog
import VaultBroker
import VaultInterface
import VaultLedger

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
        let limit = try call("raise the limit of descriptors") { () throws(Errno) in try ResourceLimits.raiseOpenFiles()
        }
        let ready = settings.flags.readyDescriptor.map(ReadySignal.init)
        let activated = try call("take over the sockets of the service manager") { () throws(Errno) in
            try ActivationSockets.take()
        }
        let notifier = ServiceNotifier()
        let user = try RunAsUser(settings)
        try Directories(settings, user).prepare(makesSocket: activated.isEmpty)
        // The service manager's credentials are root's.
        let credential = try LogCredential(settings.environment).read()
        let opener = try OpenerLauncher(settings, user).launch()
        try user?.become()

        let loop = try call("make the event loop") { () throws(Errno) in try EventLoop() }
        let state = FilePath(settings.state.value)
        var (ledger, restored) = try ledgerCall { () throws(LedgerError) in try Ledger.open(directory: state) }
        let checked = try check(&restored, credential)
        let journal = try ledgerCall { () throws(LedgerError) in try RevocationWriter(directory: state) }
        let socket = try ListeningSocket(settings, activated: activated)
        let bootID = try call("read the boot id") { () throws(Errno) in try SystemClock.bootID() }
        let broker = try Broker(
            loop: loop, configuration: configuration(descriptorLimit: Int(clamping: limit.soft)), ledger: ledger,
            restored: restored, checked: checked, journal: journal, opener: opener, bootID: bootID, log: log)
        try watchSignals(loop, broker, notifier)
        let outcome = Outcome()
        Task.detached { [log, restored] in
            do {
                try await broker.start(restored, on: socket.descriptors)
                try? notifier?.ready()
                if let ready { ready.signal() }
            } catch {
                log.critical("the broker cannot start: \(error)")
                outcome.fail(error)
                loop.stop()
            }
        }
        loop.run()
        socket.remove()
        if let failure = outcome.failure { throw failure }
    }

    /// Compares the database with its checkpoints; goes on with another one only where that was accepted.
    private func check(
        _ restored: inout RestoredState, _ credential: NoteSigner?
    ) throws(StartFailure) -> StartCheck.Outcome {
        let check = StartCheck(
            directory: FilePath(settings.state.value), origin: settings.logOrigin.value, credential: credential)
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

    private func watchSignals(_ loop: EventLoop, _ broker: Broker, _ notifier: ServiceNotifier?) throws {
        _ = try call("watch signals") { () throws(Errno) in
            try loop.signals([SIGTERM, SIGINT, SIGHUP]) { info in
                if info.signal == SIGHUP {
                    try? notifier?.reloading()
                    Task.detached {
                        await broker.reload()
                        try? notifier?.ready()
                    }
                } else {
                    try? notifier?.stopping()
                    Task.detached { await broker.stop { loop.stop() } }
                }
            }
        }
    }

    private func configuration(descriptorLimit: Int) throws -> BrokerConfiguration {
        var configuration = BrokerConfiguration(
            stateDirectory: settings.state.value, ownerUID: settings.owner, descriptorLimit: descriptorLimit,
            version: Release.version)
        configuration.policyDirectory = settings.policies.value
        configuration.credentialsDirectory = settings.environment["CREDENTIALS_DIRECTORY"]
        configuration.ownSockets = [settings.socket.value]
        configuration.openerTimeLimitUSec = settings.openerTimeoutUSec.value
        configuration.recoverAdmin = settings.flags.recoverAdmin
        configuration.setCheckpoints(
            records: settings.checkpointRecords.value, everyUSec: settings.checkpointEveryUSec.value)
        let limits = settings.configuration.limits
        func set<Value>(_ path: WritableKeyPath<BrokerConfiguration.Limits, Value>, _ value: Value?) {
            if let value { configuration.limits[keyPath: path] = value }
        }
        set(\.connections, limits.connections?.value)
        set(\.connectionsPerUser, limits.connectionsPerUID?.value)
        set(\.messageBytes, limits.messageBytes?.value)
        set(\.idleUSec, limits.idleUSec?.value)
        set(\.halfMessageUSec, limits.halfMessageUSec?.value)
        set(\.recordsPerUser, limits.recordsPerUID?.value)
        set(\.leasesPerUser, limits.leasesPerUID?.value)
        set(\.holders, limits.holders?.value)
        return configuration
    }

    private func call<Result: ~Copyable>(_ what: String, _ body: () throws(Errno) -> Result) throws(StartFailure)
        -> Result
    {
        do {
            return try body()
        } catch {
            throw StartFailure(
                message: "cannot \(what): \(error)", remedy: "look at the limits of this process and the system's log")
        }
    }

    private func ledgerCall<Result>(_ body: () throws(LedgerError) -> Result) throws(StartFailure) -> Result {
        do {
            return try body()
        } catch {
            throw StartFailure(message: error.message, remedy: error.remedy)
        }
    }
}
