// SPDX-License-Identifier: Apache-2.0

import PolicyFiles
import Records
import Synchronization
import VaultLedger

/// Resolves names by the system, and falls back on the ids that they had when the policy was applied.
final class RememberingNames: NameResolver, Sendable {
    struct Key: Hashable, Sendable {
        let kind: ResolvedName.Kind
        let name: String
    }

    struct Meaning: Hashable, Sendable {
        let id: UInt32
        /// The system does not know the name any more, or it could not be looked up.
        let isLost: Bool
    }

    private struct Looked {
        var used: [Key: Meaning] = [:]
        var hasChanged = false
    }

    private let before: [Key: UInt32]
    /// What names meant when a policy was built before.
    private let known: [Key: Meaning]
    private let looked = Mutex(Looked())
    private let system = SystemNames()
    /// Whether the stored ids are those that count, and the system is asked for others alone: for a policy of the past.
    private let isOfThePast: Bool

    /// - Parameter known: what need not be looked up for texts that were read before.
    init(_ names: [ResolvedName], known: [Key: Meaning] = [:], isOfThePast: Bool = false) {
        self.isOfThePast = isOfThePast
        self.known = known
        before = Dictionary(names.map { (Key(kind: $0.kind, name: $0.name), $0.id) }) { $1 }
    }

    func uid(ofUser name: String) -> UInt32? {
        remember(Key(kind: .user, name: name)) { system.uid(ofUser: name) }
    }

    func gid(ofGroup name: String) -> UInt32? {
        remember(Key(kind: .group, name: name)) { system.gid(ofGroup: name) }
    }

    func recalls(_ lookedUp: LookedUp) -> Bool {
        let keys =
            lookedUp.users.map { (Key(kind: .user, name: $0.key), $0.value) }
            + lookedUp.groups.map { (Key(kind: .group, name: $0.key), $0.value) }
        guard keys.allSatisfy({ known[$0]?.id == $1 }) else { return false }
        looked.withLock { looked in
            for (key, _) in keys { looked.used[key] = looked.used[key] ?? known[key] }
        }
        return true
    }

    /// What every name that was asked for means.
    var meanings: [Key: Meaning] { looked.withLock { $0.used } }

    /// Whether a name that was looked up means something else than what is known of it, so that texts that were read before say
    /// something else now.
    var hasChanged: Bool { looked.withLock { $0.hasChanged } }

    /// Every name that was asked for and has an id, sorted.
    var all: [ResolvedName] {
        Self.sorted(meanings.mapValues(\.id))
    }

    /// Those that have no stored id, or another one.
    var changed: [ResolvedName] {
        all.filter { before[Key(kind: $0.kind, name: $0.name)] != $0.id }
    }

    /// Those that have a stored id and were not asked for.
    var unused: [ResolvedName] {
        let used = meanings
        return Self.sorted(before.filter { used[$0.key] == nil })
    }

    /// Whether the system knows every name that was asked for.
    var areAllThere: Bool { looked.withLock { looked in !looked.used.values.contains(where: \.isLost) } }

    /// Whether a name goes on with the id that it had, since the system has none for it.
    func isLost(_ kind: ResolvedName.Kind, _ name: String) -> Bool {
        looked.withLock { $0.used[Key(kind: kind, name: name)]?.isLost ?? false }
    }

    private func remember(_ key: Key, _ look: () -> UInt32?) -> UInt32? {
        let now = (isOfThePast ? before[key] : nil) ?? look()
        guard let id = now ?? before[key] else { return nil }
        let meaning = Meaning(id: id, isLost: now == nil)
        looked.withLock { looked in
            looked.used[key] = meaning
            if let known = known[key], known != meaning { looked.hasChanged = true }
        }
        return id
    }

    private static func sorted(_ names: [Key: UInt32]) -> [ResolvedName] {
        names.map { ResolvedName(kind: $0.key.kind, name: $0.key.name, id: $0.value) }
            .sorted { ($0.kind.rawValue, $0.name) < ($1.kind.rawValue, $1.name) }
    }
}
