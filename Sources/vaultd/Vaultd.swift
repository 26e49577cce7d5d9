// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CLinux
import Descriptors
import Glibc
import JSONText
import OfflineVerbs
import TerminalKit
import VaultBroker
import VaultInterface

/// The daemon's command line. Everything it can be told is an option here, a variable, or a key of `vaultd.yaml`.
@main
struct Vaultd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vaultd",
        abstract: "Keep open descriptors, and pass them to whom the policy permits.",
        discussion: """
            Runs in the foreground. As root, or with --system, it serves the system: /run/vaultd/vault.sock, \
            /var/lib/vaultd, /etc/vaultd/vaultd.yaml, /etc/vaultd/policies. Otherwise it serves its own user, below \
            $XDG_RUNTIME_DIR, $XDG_STATE_HOME and $XDG_CONFIG_HOME. A flag holds before a variable (VAULT_SOCKET, \
            VAULTD_STATE, VAULTD_POLICIES, VAULTD_CONFIG), that before the file, that before the default.

            What needs privileges is done by vault-opener. vaultd starts it, unless --opener-socket names a socket \
            at which the service manager starts one for each connection, as vaultd-opener@.service does: then vaultd \
            needs no privileges at all.

            SIGTERM and SIGINT finish what is in flight and stop; SIGHUP reads the policy directory again, as `vault \
            reload` does, which also says what changed and whether it was refused.

            Example: vaultd --socket ./vault.sock --state ./state --policies ./policies
            """,
        version: Release.version)

    @Option(help: ArgumentHelp("Where clients connect.", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("The directory of the audit log, its key and everything stored.", valueName: "dir"))
    var state: String?

    @Option(
        help: ArgumentHelp(
            "A directory whose *.yaml files are the policy, applied when they changed.", valueName: "dir"))
    var policies: String?

    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config: String?

    @Flag(help: "Serve the system, whoever runs this: root owns the vault, and the places are the system's.")
    var system = false

    @Option(
        help: ArgumentHelp(
            "Connect to the opener here instead of starting one, and again whenever it has gone.", valueName: "path"))
    var openerSocket: String?

    @Flag(
        help: ArgumentHelp(
            "Become the opener of one connection of vaultd, handed over by the service manager.",
            discussion: "With the settings of vaultd.yaml, of which run-as says who may connect."))
    var opener = false

    @Option(help: ArgumentHelp("Write a newline to this descriptor, and close it, when ready.", valueName: "n"))
    var readyFd: Int32?

    @Flag(help: "Print each setting and where it came from, check the policies, and start nothing.")
    var check = false

    @Flag(
        help: ArgumentHelp(
            "Take the whole table over from the vaultd that uses the same state, which then ends.",
            discussion:
                "Deposits, listeners, pipes and the socket go over; clients connect again. Not under a service manager."
        ))
    var takeover = false

    @Flag(help: "Permit the owner of the vault everything again. Recorded.")
    var recoverAdmin = false

    @Flag(
        help: ArgumentHelp(
            "Go on with a database that is not the log that was signed, under a new name. Recorded.",
            discussion: "Rules made by `vault grant` come back suspended, limited uses count as spent, leases end."))
    var acceptRollback = false

    func run() throws {
        do {
            // A reload may be asked for as soon as there is a process: the first thing that reads the policy comes later.
            if !check && !opener { _ = try? Signals.block([SIGHUP]) }
            let settings = try Settings(self)
            if check {
                guard SettingsReport(settings: settings).print() else { throw ExitCode(1) }
                return
            }
            if opener { try OpenerService(settings: settings).become() }
            try Startup(settings).run()
        } catch let failure as StartFailure {
            failure.report()
            if !check {
                failure.notify()
                if !opener, let entries = try? StartFailure.takingSockets() {
                    KeptDescriptors(entries).failCredentials()
                }
            }
            throw ExitCode(failure.isUsage ? 2 : 1)
        }
    }

    /// A path that was repaired would be another's.
    private static func checkTexts() throws {
        do throws(ExactText.Malformed) {
            try ExactText.checkArguments()
            try ExactText.checkVariables([
                "VAULT_SOCKET", "VAULTD_STATE", "VAULTD_POLICIES", "VAULTD_CONFIG", "CREDENTIALS_DIRECTORY",
            ])
        } catch {
            let failure = StartFailure(message: error.description, remedy: error.remedy, isUsage: true)
            failure.report()
            failure.notify()
            throw ExitCode(2)
        }
    }

    static func main() {
        if ProgramName.isOffline { return VaultOffline.main() }
        StandardDescriptor.fillMissing()
        // Its threads want priorities that an ordinary user may not give them, and libdispatch would log each refusal.
        setenv("LIBDISPATCH_LOG", "NO", 0)
        // It saves memory, and nothing rests on it.
        _ = linux_memory_map_from(256 << 10)
        do {
            try checkTexts()
            var command = try parseAsRoot()
            try command.run()
        } catch {
            let code = exitCode(for: error)
            let message = Failure.line(message(for: error))
            if code == .success {
                print(fullMessage(for: error))
            } else if !message.isEmpty {
                // What is wrong quotes the arguments.
                StandardOutput.writeErrorLine("vaultd: \(message.escaped)\nTry: vaultd --help")
            }
            // 64 is what ArgumentParser says of wrong usage.
            Glibc.exit(code.rawValue == 64 ? 2 : code.rawValue)
        }
    }
}
