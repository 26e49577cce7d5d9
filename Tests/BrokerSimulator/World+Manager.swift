// SPDX-License-Identifier: Apache-2.0

import Records
import VaultCore
import VaultModel

/// What plays the service manager's store: it outlives brokers, and no reboot.
struct SimManager {
    struct Kept {
        var description: UInt64
        var rights: Rights
        var needs: RiskyDeposits
    }

    /// By the ids of deposits; more than one where it was mixed up.
    private(set) var kept: [String: [Kept]] = [:]
    /// What it was told last to give up: a broker that ends at the wrong moment has not told it.
    private var givenUp: (id: String, kept: [Kept])?
    /// What was handed to the broker of this life, and it has not asked for.
    var handed: [String: [Kept]] = [:]

    mutating func keep(_ own: SimDescriptor, _ id: String) {
        guard kept[id] == nil else { return }
        kept[id] = [Kept(description: own.description, rights: own.rights, needs: own.needs)]
    }

    mutating func giveUp(_ id: String) {
        if let former = kept.removeValue(forKey: id) { givenUp = (id, former) }
    }

    /// What the manager, or a broker that could not tell it, does wrong between two lives.
    mutating func mistake(_ choices: Choices) -> String? {
        let ids = kept.keys.sorted()
        guard !ids.isEmpty || givenUp != nil else { return nil }
        switch choices.pick(10) {
        case 6:
            guard !ids.isEmpty else { return nil }
            let id = choices.pick(of: ids)
            kept[id] = nil
            return "loses \(id)"
        case 7:
            guard ids.count > 1 else { return nil }
            let one = choices.pick(of: ids)
            let other = choices.pick(of: ids.filter { $0 != one })
            (kept[one], kept[other]) = (kept[other], kept[one])
            return "takes \(one) and \(other) for each other"
        case 8:
            guard ids.count > 1 else { return nil }
            let one = choices.pick(of: ids)
            let other = choices.pick(of: ids.filter { $0 != one })
            kept[one, default: []] += kept[other] ?? []
            return "keeps \(other) as \(one) too"
        case 9:
            guard let former = givenUp else { return nil }
            kept[former.id] = former.kept
            return "has not heard that \(former.id) is to go"
        default: return nil
        }
    }
}

extension World {
    /// Before a broker starts.
    func handOver() {
        if let mistake = manager.mistake(choices) { say("the service manager \(mistake)") }
        manager.handed = manager.kept
    }

    func kept(_ stored: StoredDeposit) -> Result<JudgedDeposit, InvalidDeposit>? {
        guard !isMuted, let kept = manager.handed.removeValue(forKey: stored.id), let first = kept.first else {
            return nil
        }
        returning.insert(stored.id)
        guard kept.count == 1 else { return .failure(InvalidDeposit("there are \(kept.count) of its name")) }
        let own = SimDescriptor(
            registry,
            Capability(
                name: capabilityName(stored.name), source: .deposit, rights: first.rights, delivery: .shared,
                opening: .atStart),
            first.rights, description: first.description)
        own.needs = first.needs
        checker.isHandedOver(stored.id, own)
        return .success(judged(own))
    }

    func dropRest() -> [String] {
        let ids = manager.handed.keys.sorted()
        manager.handed = [:]
        for id in ids {
            manager.giveUp(id)
            checker.isStray(id)
        }
        return ids
    }
}
