// SPDX-License-Identifier: Apache-2.0

import PolicyFiles
import Records
import Synchronization
import VaultLedger

/// Resolves names by the system, and falls back on the ids that they had when the policy was applied.
final class RememberingNames: NameResolver, Sendable {
    private struct Key: Hashable {
        let kind: ResolvedName.Kind
        let name: String
    }

    private let before: [Key: UInt32]
    private let used = Mutex<[Key: UInt32]>([:])
    /// Names that the system does not know any more, or could not look up.
    private let lost = Mutex<Set<Key>>([])
    private let system = SystemNames()
    /// Whether the stored ids are those that count, and the system is asked for others alone: for a policy of the past.
    private let isOfThePast: Bool

    init(_ names: [ResolvedName], isOfThePast: Bool = false) {
        self.isOfThePast = isOfThePast
        before = Dictionary(names.map { (Key(kind: $0.kind, name: $0.name), $0.id) }) { $1 }
    }

    func uid(ofUser name: String) -> UInt32? {
        remember(Key(kind: .user, name: name)) { system.uid(ofUser: name) }
    }

    func gid(ofGroup name: String) -> UInt32? {
        remember(Key(kind: .group, name: name)) { system.gid(ofGroup: name) }
    }

    /// Every name that was asked for and has an id, sorted.
    var all: [ResolvedName] {
        Self.sorted(used.withLock { $0 })
    }

    /// Those that have no stored id, or another one.
    var changed: [ResolvedName] {
        all.filter { before[Key(kind: $0.kind, name: $0.name)] != $0.id }
    }

    /// Those that have a stored id and were not asked for.
    var unused: [ResolvedName] {
        let used = used.withLock { $0 }
        return Self.sorted(before.filter { used[$0.key] == nil })
    }

    /// Whether a name goes on with the id that it had, since the system has none for it.
    func isLost(_ kind: ResolvedName.Kind, _ name: String) -> Bool {
        lost.withLock { $0.contains(Key(kind: kind, name: name)) }
    }

    private func remember(_ key: Key, _ look: () -> UInt32?) -> UInt32? {
        let now = (isOfThePast ? before[key] : nil) ?? look()
        guard let id = now ?? before[key] else { return nil }
        used.withLock { $0[key] = id }
        if now == nil { lost.withLock { _ = $0.insert(key) } }
        return id
    }

    private static func sorted(_ names: [Key: UInt32]) -> [ResolvedName] {
        names.map { ResolvedName(kind: $0.key.kind, name: $0.key.name, id: $0.value) }
            .sorted { ($0.kind.rawValue, $0.name) < ($1.kind.rawValue, $1.name) }
    }
}
