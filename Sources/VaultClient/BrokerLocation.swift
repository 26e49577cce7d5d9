// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Where the broker's socket is.
public enum BrokerLocation: Equatable, Sendable {
    /// At this path; a leading `@` stands for the abstract namespace.
    case path(String)
    /// The system's broker: `/run/vaultd/vault.sock`.
    case system
    /// The broker of the user who runs this: `$XDG_RUNTIME_DIR/vaultd/vault.sock`, or below `/run/user/UID`.
    case user
    /// What the variable `VAULT_SOCKET` says. Without it the system's broker, unless only that of the user exists.
    case automatic

    private static let systemPath = "/run/vaultd/vault.sock"

    /// The path to connect to, as the environment and the file system say now.
    public var resolvedPath: String {
        resolvedPath(environment: { getenv($0).map { String(cString: $0) } }, exists: { access($0, F_OK) == 0 })
    }

    func resolvedPath(environment: (String) -> String?, exists: (String) -> Bool) -> String {
        func variable(_ name: String) -> String? { environment(name).flatMap { $0.isEmpty ? nil : $0 } }
        var userPath: String { (variable("XDG_RUNTIME_DIR") ?? "/run/user/\(getuid())") + "/vaultd/vault.sock" }
        switch self {
        case .path(let path): return path
        case .system: return Self.systemPath
        case .user: return userPath
        case .automatic:
            if let path = variable("VAULT_SOCKET") { return path }
            return !exists(Self.systemPath) && exists(userPath) ? userPath : Self.systemPath
        }
    }
}
