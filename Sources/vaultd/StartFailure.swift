// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc

/// Why the daemon does not start, and what to do about it: the two lines that a person gets to see.
struct StartFailure: Error {
    var message: String
    var remedy: String
    /// The command line or the configuration is wrong (exit code 2), not the system (1).
    var isUsage = false

    func report() {
        StandardError.write(line: "vaultd: \(message)\nTry: \(remedy)")
    }

    /// Tells the service manager, whose status outlives this process: `vault status` asks for it there.
    func notify() {
        // Nobody is left who could do more about a manager that does not listen.
        try? ServiceNotifier()?.failed("cannot start: \(message). Try: \(remedy)")
    }
}
