// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import HelperOpenfile
import JSONText
import OpenerWire
import SystemPackage

/// One line to standard error, the journal of a service, and another with what to do. Paths and words come from elsewhere.
func complain(_ problem: String, remedy: String? = nil) {
    let next = remedy.map { "Try: \($0.escaped)\n" } ?? ""
    let text = Array("vault-opener: \(problem.escaped)\n\(next)".utf8)
    _ = write(STDERR_FILENO, text, text.count)
}

/// Asked to end, the opener waits until vaultd has: it ends when its socket is closed. Terminals are not its business.
func ignoreRequestsToEnd() {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE] { sigaddset(&set, signal) }
    sigprocmask(SIG_BLOCK, &set, nil)
}

func notASocket(_ number: CInt) -> UsageError {
    UsageError(message: "descriptor \(number) is no SOCK_SEQPACKET socket: vaultd starts this program")
}

/// Takes over the socket that the starter left on a number.
func adoptSocket(_ number: CInt) throws(UsageError) -> OwnedDescriptor {
    // One that is not open must not be owned: by the time it is closed it could be somebody else's.
    guard fcntl(number, F_SETFD, FD_CLOEXEC) == 0 else { throw notASocket(number) }
    let socket = OwnedDescriptor(adopting: number)
    guard let type = try? SocketOption.type(of: socket), type == .seqpacket else { throw notASocket(number) }
    return socket
}

func run() throws -> CInt {
    try ExactText.checkArguments()
    let (role, arguments) = try OpenerArguments.parse(Array(CommandLine.arguments.dropFirst()))
    switch role {
    case .help:
        let text = Array(Usage.text.utf8)
        return write(STDOUT_FILENO, text, text.count) == text.count ? 0 : 1
    case .launcher(let launch):
        return HelperLauncher.run(launch)
    case .worker(let kind, let parent):
        try SystemCall.retrying { linux_set_parent_death_signal(SIGKILL) }
        // The supervisor may have ended before that took effect.
        guard getppid() == parent else { return 0 }
        ignoreRequestsToEnd()
        let supervisor = try adoptSocket(3)
        let asker = try adoptSocket(4)
        try Privileges.reduceToWorker(kind)
        // Modes are applied as they are asked for.
        umask(0)
        var worker = Worker(arguments: arguments, supervisor: supervisor, asker: asker)
        worker.run()
        return 0
    case .supervisor:
        ignoreRequestsToEnd()
        try arguments.checkHelperUser()
        let socket = try adoptSocket(arguments.socket)
        _ = try? ResourceLimits.raiseOpenFiles()
        // While everything can be reached.
        let held = HeldPlaces(of: arguments.protectedPaths)
        try Privileges.reduceToSupervisor()
        if let uid = arguments.peerUID { try Introduction.make(to: uid, on: socket) }
        let supervisor = Supervisor(arguments: arguments, held: held, socket: socket)
        supervisor.run()
        return 0
    }
}

// Installed, the helper is another name of this program: most of either is Swift's own library.
if Openfile.isName(CommandLine.arguments.first ?? "") { Openfile.main() }
do {
    exit(try run())
} catch let error as UsageError {
    complain(error.message, remedy: "vault-opener --help")
    exit(2)
} catch let malformed as ExactText.Malformed {
    complain("\(malformed)", remedy: malformed.remedy)
    exit(2)
} catch Errno.brokenPipe {
    // The broker was stopped as soon as it had connected: nobody is there to open anything for.
    exit(0)
} catch {
    complain("\(error)")
    exit(1)
}
