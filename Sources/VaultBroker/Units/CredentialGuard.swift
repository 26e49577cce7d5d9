// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage

/// Has the service manager keep each connection over which a credential is being read (`FDSTORE`), so that it outlives a
/// broker that is killed: the next run finds it, and has it fail. Else its end would be that of an empty credential.
///
/// The manager lets go of one by itself when its other end is closed.
///
/// Lives on the broker's loop.
final class CredentialGuard {
    private static let prefix = "credential="

    private let manager: ServiceNotifier?
    private var kept: [HeldDescriptor] = []

    /// - Parameter entries: what the manager handed over of its store.
    init(_ manager: ServiceNotifier?, _ entries: [ActivationSockets.Entry]) {
        self.manager = manager
        for entry in entries where Self.hasStored(entry.name) {
            kept.append(entry.descriptor)
            try? manager?.remove(stored: entry.name, waits: false)
        }
    }

    /// Whether a descriptor of this name was stored here.
    static func hasStored(_ name: String) -> Bool { name.utf8.starts(with: prefix.utf8) }

    /// What an earlier run left; once.
    func takeKept() -> [HeldDescriptor] {
        defer { kept = [] }
        return kept
    }

    func keep(_ connection: borrowing OwnedDescriptor) {
        guard let manager, let name = Self.name(connection), let copy = try? connection.duplicate() else { return }
        try? manager.store(HeldDescriptor(copy), name: name, endsWithHangUp: true, waits: false)
    }

    func drop(_ connection: HeldDescriptor) {
        guard let manager, let name = Self.name(connection) else { return }
        try? manager.remove(stored: name, waits: false)
    }

    /// The inode of a socket is its own for as long as somebody has it open.
    private static func name(_ connection: borrowing some Descriptor & ~Copyable) -> String? {
        (try? FileStatus(of: connection)).map { prefix + "\($0.inode)" }
    }
}
