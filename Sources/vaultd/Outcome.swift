// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Why the broker did not start, passed by its task to the thread that runs the loop.
final class Outcome: Sendable {
    private let stored = Mutex<StartFailure?>(nil)

    var failure: StartFailure? { stored.withLock { $0 } }

    func fail(_ error: any Error) {
        let failure = StartFailure(
            message: "the broker cannot start: \(error)",
            remedy: "look at the messages above; `vaultd --check` checks the policies")
        stored.withLock { $0 = failure }
    }
}
