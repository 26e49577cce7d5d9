// SPDX-License-Identifier: Apache-2.0

import VaultLedger

/// A thread for work that may block or take long: parsing a policy, reading a secret, looking up a user's name, closing
/// a descriptor of unknown kind. The event loop only awaits it.
actor WorkThread {
    private let executor: ThreadExecutor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(name: String) {
        executor = ThreadExecutor(name: name)
    }

    func run<Result: Sendable, Failure: Error>(
        _ work: @Sendable () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try work()
    }
}
