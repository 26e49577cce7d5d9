// SPDX-License-Identifier: Apache-2.0

import VaultCore
import VaultModel

/// What plays a descriptor: it is open from its making until the last reference to it goes.
///
/// Sendable since the core's protocol asks for it; a history is played in one thread.
final class SimDescriptor: PassableDescriptor, @unchecked Sendable {
    enum Part { case whole, readEnd, writeEnd }

    let capability: Capability
    let rights: Rights
    let owner: CopyOwner?
    let part: Part
    /// The open file description: a descriptor that the service manager kept has that of the one that was stored.
    let description: UInt64
    /// Of what a client passed in: what a rule has to say for it.
    var needs: RiskyDeposits = []
    /// The life of the broker in which it was made: a crash closes it, whatever still refers to it.
    private let life: Int
    private let registry: DescriptorRegistry
    var timesSent = 0

    init(
        _ registry: DescriptorRegistry, _ capability: Capability, _ rights: Rights, owner: CopyOwner? = nil,
        part: Part = .whole, description: UInt64? = nil
    ) {
        self.registry = registry
        self.capability = capability
        self.rights = rights
        self.owner = owner
        self.part = part
        self.description = description ?? registry.newDescription()
        life = registry.life
        registry.openCount += 1
    }

    /// What is read of it.
    var content: CapabilityContent { CapabilityContent(bytes: Array("\(description)".utf8), sha256: "\(description)") }

    deinit {
        guard life == registry.life else { return }
        registry.openCount -= 1
        if part != .whole, timesSent == 0 { registry.endsLost.append(capability) }
    }
}

/// What is held for a capability.
final class SimHolding: Holding, @unchecked Sendable {
    let own: SimDescriptor
    var descriptor: any PassableDescriptor { own }

    init(_ own: SimDescriptor) { self.own = own }
}

/// Counts what is open.
final class DescriptorRegistry {
    private(set) var life = 0
    private var descriptions: UInt64 = 0
    var openCount = 0
    /// The names of all calls that are under way, on connections that have ended too.
    var namesUnderWay = 0
    /// Ends of pipes that were closed and that nobody got.
    var endsLost: [Capability] = []

    /// Of no other, in all lives.
    func newDescription() -> UInt64 {
        descriptions += 1
        return descriptions
    }

    /// The broker has crashed or stopped: the kernel has closed what it had.
    func newLife() {
        life += 1
        openCount = 0
        namesUnderWay = 0
        endsLost = []
    }
}

/// A descriptor that must be gone by the time of the next look.
struct WeakDescriptor {
    weak var descriptor: SimDescriptor?
}
