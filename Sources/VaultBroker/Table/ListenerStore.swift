// SPDX-License-Identifier: Apache-2.0

import Crypto
import Descriptors
import TransparencyLog
import VaultModel

/// The listeners that the service manager keeps while the broker is down (`FDSTORE`), so that a client that holds one does
/// not keep the port from the next run.
///
/// A stored descriptor is known by its name alone; what it is only confirms that (`HeldListener.isDeclared`).
///
/// Lives on the broker's loop.
final class ListenerStore {
    private static let prefix = "listener="
    private static let hashedPrefix = "listener#"

    private let manager: ServiceNotifier?
    /// What a start brought and no capability has taken yet.
    private var handed: [String: [HeldDescriptor]] = [:]

    /// - Parameter entries: what the manager handed over of its store.
    init(_ manager: ServiceNotifier?, _ entries: [ActivationSockets.Entry]) {
        self.manager = manager
        for entry in entries { handed[entry.name, default: []].append(entry.descriptor) }
    }

    /// Whether a descriptor of this name was stored here.
    static func hasStored(_ name: String) -> Bool {
        name.utf8.starts(with: prefix.utf8) || name.utf8.starts(with: hashedPrefix.utf8)
    }

    /// The name under which a capability's listener is stored: the capability's own behind a word, or where that is longer
    /// than the 255 bytes of an FDNAME, its hash behind another.
    static func name(for capability: CapabilityName) -> String {
        let plain = prefix + capability.text
        if ServiceNotifier.isStorable(name: plain) { return plain }
        return hashedPrefix + Hexadecimal.encode(Array(SHA256.hash(data: Array(capability.text.utf8))))
    }

    /// What was kept for this capability; once.
    func take(_ capability: CapabilityName) -> [HeldDescriptor] {
        handed.removeValue(forKey: Self.name(for: capability)) ?? []
    }

    /// Has the manager keep a listener from now on.
    func keep(_ descriptor: HeldDescriptor, for capability: CapabilityName) {
        try? manager?.store(descriptor, name: Self.name(for: capability))
    }

    /// Has the manager keep it no longer.
    func drop(_ capability: CapabilityName) {
        try? manager?.remove(stored: Self.name(for: capability))
    }

    /// Gives up what none of these will take: it is closed here and with the manager.
    /// - Returns: the names under which it was stored.
    func dropRest(butFor capabilities: some Sequence<CapabilityName>) -> [String] {
        let declared = Set(capabilities.map(Self.name))
        let names = handed.keys.filter { !declared.contains($0) }.sorted()
        for name in names {
            handed[name] = nil
            try? manager?.remove(stored: name)
        }
        return names
    }
}
