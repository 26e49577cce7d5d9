// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Synchronization

/// Tells whoever started the daemon that it is ready: a newline on the descriptor that was named, which is then closed.
final class ReadySignal: Sendable {
    private let descriptor: Mutex<HeldDescriptor?>

    /// Takes over the descriptor of `--ready-fd`.
    init(_ number: CInt) {
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
