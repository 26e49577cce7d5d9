// SPDX-License-Identifier: Apache-2.0

public import BasicContainers
public import JSONText

/// The same calls for asynchronous code, each on a thread of its own. Cancelling the task does not end a call: a time
/// limit does.
extension VaultClient {
    /// Connects to a broker.
    public static func connect(
        _ location: BrokerLocation = .automatic, timeLimit: Duration? = nil
    ) async throws(VaultError) -> VaultClient {
        try await OwnThread.run { () throws(VaultError) in try VaultClient(location, timeLimit: timeLimit) }
    }

    /// Asks for one capability.
    public func open(
        _ name: String, rights: [String]? = nil, reason: String? = nil
    ) async throws(VaultError) -> Grant {
        try await OwnThread.run { () throws(VaultError) in try self.open(name, rights: rights, reason: reason) }
    }

    /// Asks for several capabilities, all or none.
    public func open(
        _ requests: [Request], reason: String? = nil
    ) async throws(VaultError) -> UniqueArray<Grant> {
        try await OwnThread.run { () throws(VaultError) in try self.open(requests, reason: reason) }
    }

    /// Extends a lease that this process got, by as long as its rule says.
    public func renew(_ lease: Lease) async throws(VaultError) -> Lease {
        try await OwnThread.run { () throws(VaultError) in try self.renew(lease) }
    }

    /// Gives back a lease that this process got. Close its descriptor before.
    public func release(_ lease: Lease) async throws(VaultError) {
        try await OwnThread.run { () throws(VaultError) in try self.release(lease) }
    }

    /// The capabilities that the caller may see, by name.
    public func list(_ pattern: String? = nil) async throws(VaultError) -> [Capability] {
        try await OwnThread.run { () throws(VaultError) in try self.list(pattern) }
    }

    /// One capability that the caller may see.
    public func describe(_ name: String) async throws(VaultError) -> Capability {
        try await OwnThread.run { () throws(VaultError) in try self.describe(name) }
    }

    /// Who the caller is, as the broker sees it.
    public func whoAmI() async throws(VaultError) -> JSONObject {
        try await OwnThread.run { () throws(VaultError) in try self.whoAmI() }
    }
}
