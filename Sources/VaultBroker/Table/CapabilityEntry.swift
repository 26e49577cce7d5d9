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
    private(set) var held: HeldDescriptor?
    /// Which file was held, or read into memory, when it was opened: to tell when its path names another.
    private(set) var heldFile: FileStatus?
    /// The path names another file than the one that is held, or what was read into memory was written anew; looked at
    /// when somebody asks about the capability.
    var isStale = false
    /// When its path was last looked at (boot clock).
    var lookedAtUSec: Int64 = 0
    /// Who waits for a look at its path; nil when there is none under way.
    var lookers: [() -> Void]?
    /// Whether this process may reopen what is held by itself, without the danger of hanging.
    private(set) var reopensHere = false
    /// Whether its file system is of this machine, so that to ask it does not hang.
    private(set) var isLocal = false
    /// Of sealed memory: its bytes.
    private(set) var memorySize = 0
    /// How a listener is to be at each delivery.
    private(set) var listener: HeldListener?
    var pairs = PipePairs()
    var stock = FreshStock()
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

    /// Holds this from now on; grants under way keep what they have of the former.
    func hold(_ holding: Holding) {
        held = holding.descriptor
        heldFile = holding.file
        isStale = false
        reopensHere = holding.reopensHere
        isLocal = holding.isLocal
        memorySize = holding.memorySize
        listener = holding.listener
        stock = FreshStock()
    }

    /// Whether a look at the path can tell that it is stale.
    var canGoStale: Bool {
        guard heldFile != nil else { return false }
        switch capability.source {
        case .file, .memory: return true
        case .fifo, .pipe, .listener, .helper: return false
        }
    }

    /// Lets go of everything that is held; what was taken for grants under way stays with them.
    func close() {
        held = nil
        heldFile = nil
        isStale = false
        listener = nil
        stock = FreshStock()
        pairs.closeAll()
        if isOpening { return }
        state = .closed
    }
}
