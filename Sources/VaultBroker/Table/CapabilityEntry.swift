// SPDX-License-Identifier: Apache-2.0

import Descriptors
import VaultModel

/// One capability of the table: what it is declared to be, and what the broker holds for it.
///
/// Lives on the broker's loop; whoever keeps a reference keeps the descriptors open, so that a grant under way is not
/// harmed when the capability is removed.
final class CapabilityEntry {
    enum State {
        /// Nothing is held, and nothing was tried since.
        case closed
        case opening
        case held
        /// The last try failed; the next use tries again.
        case failed(OpenProblem)
    }

    typealias Waiter = (OpenProblem?) -> Void

    let capability: Capability
    var state = State.closed
    /// The held description, for kinds that have one: the file, the sealed memory, the listener.
    var held: HeldDescriptor?
    /// Which file was held when it was opened, to tell when its path names another.
    var heldFile: FileStatus?
    /// The path names another file than the one that is held; looked at when somebody describes the capability.
    var isStale = false
    /// Whether this process may reopen what is held by itself, without the danger of hanging.
    var reopensHere = false
    var pairs = PipePairs()
    var stock = FreshStock()
    /// Grants that this run of the daemon has sent.
    var sentCount: UInt64 = 0
    /// Who waits for `state` to leave `opening`.
    var waiters: [Waiter] = []

    init(_ capability: Capability) {
        self.capability = capability
    }

    /// What `vault list` shows as the state.
    var stateWord: String {
        switch state {
        case .closed: "closed"
        case .opening: "opening"
        case .held: isStale ? "stale" : "ready"
        case .failed: "failed"
        }
    }

    var isOpening: Bool {
        if case .opening = state { true } else { false }
    }

    /// What went wrong at the last try, if the last try failed.
    var problem: OpenProblem? {
        if case .failed(let problem) = state { problem } else { nil }
    }

    /// What revoking a grant of this capability can take back; the words of SECURITY.md's table.
    var revocation: String {
        if case .listener(.unix) = capability.source { return "shutdown" }
        return "none"
    }

    /// How many descriptors the broker holds for it.
    var descriptorCount: Int { (held == nil ? 0 : 1) + pairs.heldCount + stock.count }

    /// Ends `opening`, and tells all who waited.
    func settle(_ problem: OpenProblem?) {
        state = problem.map(State.failed) ?? .held
        let told = waiters
        waiters = []
        for waiter in told { waiter(problem) }
    }

    /// Lets go of everything that is held; what was taken for grants under way stays with them.
    func close() {
        held = nil
        heldFile = nil
        isStale = false
        stock = FreshStock()
        pairs.closeAll()
        if isOpening { return }
        state = .closed
    }
}
