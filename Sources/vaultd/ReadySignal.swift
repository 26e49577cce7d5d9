// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Synchronization

/// Tells whoever started the daemon that it is ready: a newline on the descriptor that was named, which is then closed.
final class ReadySignal: Sendable {
    private let descriptor: Mutex<HeldDescriptor?>

    /// Takes over the descriptor of `--ready-fd`.
    /// - Throws: for a number that nobody left open for this process: it is, or would become, one of its own.
    init(_ number: CInt) throws(StartFailure) {
        let flags = number > STDERR_FILENO ? fcntl(number, F_GETFD) : -1
        guard flags >= 0, flags & FD_CLOEXEC == 0, fcntl(number, F_SETFD, FD_CLOEXEC) == 0 else {
            throw StartFailure(
                message: "--ready-fd \(number): no descriptor of that number was left open for vaultd",
                remedy: "a number from 3 on that is open, as in vaultd --ready-fd 3 3>ready", isUsage: true)
        }
        descriptor = Mutex(HeldDescriptor(OwnedDescriptor(adopting: number)))
    }

    func signal() {
        let taken = descriptor.withLock { held in
            defer { held = nil }
            return held
        }
        // Whoever asked for it and went away does not want to know any more.
        if let taken { _ = taken.withUnsafeNumber { write($0, "\n", 1) } }
    }
}
