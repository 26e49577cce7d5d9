// SPDX-License-Identifier: Apache-2.0

/// Lets one at a time through, in the order in which they came; the others wait without holding a thread.
///
/// Lives inside an actor: what it guards are the awaits between the parts of one change.
final class Turn {
    /// Whether somebody has the turn now.
    private(set) var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Runs `body` while nobody else has the turn.
    func run<Value, Failure>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        if isBusy {
            await withCheckedContinuation(isolation: isolation) { waiting.append($0) }
        } else {
            isBusy = true
        }
        defer { pass() }
        return try await body()
    }

    private func pass() {
        guard !waiting.isEmpty else {
            isBusy = false
            return
        }
        waiting.removeFirst().resume()
    }
}
