// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import TerminalKit
import VaultBroker

/// Why the daemon does not start, and what to do about it: the two lines that a person gets to see.
struct StartFailure: Error {
    var message: String
    var remedy: String
    /// The command line or the configuration is wrong (exit code 2), not the system (1).
    var isUsage = false
    /// The daemon had started.
    var wasReady = false
}

extension StartFailure {
    static let openerLost = StartFailure(
        message: "the opener has ended, and only root can start another",
        remedy: "Restart=on-failure in the unit, or an opener of the service manager's (--opener-socket)",
        wasReady: true)
}

extension StartFailure {
    /// What the operating system said when something was to be done. `ENOSYS` has a remedy of its own: it is not about
    /// what was asked for.
    init(_ what: String, _ error: Errno, remedy: String) {
        guard error == .noFunction else {
            self.init(message: "\(what): \(error)", remedy: remedy)
            return
        }
        self.init(
            message:
                "\(what): a system call that vaultd needs, such as pidfd_open(2), is not there: the kernel is too old, or"
                + " a filter of system calls answers ENOSYS",
            remedy:
                "Linux 5.14 or later, and in a container a seccomp profile with pidfd_open, pidfd_send_signal and openat2"
        )
    }

    /// What the operating system says to something that is to be done.
    /// - Parameter what: says that it cannot be done.
    static func reporting<Value: ~Copyable>(
        _ what: @autoclosure () -> String, remedy: @autoclosure () -> String, _ body: () throws(Errno) -> Value
    ) throws(StartFailure) -> Value {
        do {
            return try body()
        } catch {
            throw StartFailure(what(), error, remedy: remedy())
        }
    }

    /// What the service manager handed over.
    static func takingSockets() throws(StartFailure) -> [ActivationSockets.Entry] {
        do throws(ActivationSockets.Problem) {
            return try ActivationSockets.take(isForeign: KeptDescriptors.isForeign)
        } catch {
            throw StartFailure(
                message: "cannot take over the sockets of the service manager: \(error)",
                remedy: "mend what starts vaultd as sd_listen_fds(3) says, or take LISTEN_PID out of its environment",
                isUsage: true)
        }
    }

    func report() {
        StandardOutput.writeErrorLine("vaultd: \(message.escaped)\nTry: \(remedy.escaped)")
    }

    /// Tells the service manager, whose status outlives this process: `vault status` asks for it there.
    func notify() {
        // Nobody is left who could do more about a manager that does not listen.
        try? ServiceNotifier()?.failed("\(wasReady ? "stopped" : "cannot start"): \(message). Try: \(remedy)")
    }
}
