// SPDX-License-Identifier: Apache-2.0

internal import BasicContainers
public import Descriptors
internal import SystemPackage
internal import Varlink
package import VaultInterface

/// Having the broker hold descriptors, and taking them back.
extension VaultConnection {
    /// Has the broker hold a descriptor, of any type: whom rules permit gets the very same open file description by
    /// ``open(_:rights:reason:)``. The caller keeps its own.
    ///
    /// - Parameters:
    ///   - replacing: it takes the place of what is deposited under the name.
    ///   - expiresAfter: it goes by itself after that time; `nil`: it stays.
    ///   - descriptorName: the name that it is to have with the program that gets it (`LISTEN_FDNAMES`).
    /// - Returns: the number of the record in the audit log.
    /// - Throws: ``VaultError/nameTaken(name:)``, ``VaultError/invalidDescriptor(name:message:)`` with what is wrong with it,
    ///   ``VaultError/denied(name:record:message:retryAfter:)``.
    public func deposit(
        _ descriptor: borrowing some Descriptor & ~Copyable, as name: String, replacing: Bool = false,
        expiresAfter: Duration? = nil, descriptorName: String? = nil
    ) throws(VaultError) -> Int {
        let copy: HeldDescriptor
        do {
            copy = HeldDescriptor(try descriptor.duplicate())
        } catch {
            throw .failed(path: path, error)
        }
        return try callDeposit(
            .init(
                name: name, fileDescriptor: 0, replace: replacing,
                expiresAfterUSec: expiresAfter.map { Int($0 / .microseconds(1)) }, fdName: descriptorName),
            passing: [copy]
        ).record
    }

    /// Takes a deposit for itself: when this returns nobody else gets it any more.
    ///
    /// Until then it is still held; a process that dies meanwhile loses nothing.
    public func take(_ name: String, reason: String? = nil) throws(VaultError) -> Grant {
        var request = Request(name)
        request.takes = true
        var grants = try open([request], reason: reason)
        let grant = grants.removeLast()
        guard let lease = grant.lease else { throw .malformed("what is taken came without a lease") }
        _ = try call(BrokerInterface.Confirm.self, .init(lease: lease.id))
        return grant
    }

    /// Has the broker let go of what was added or deposited under a name. Descriptors that are out stay out.
    ///
    /// - Returns: the number of the record in the audit log.
    public func remove(_ name: String) throws(VaultError) -> Int {
        try call(BrokerInterface.Remove.self, .init(name: name)).record
    }

    /// ``deposit(_:as:replacing:expiresAfter:descriptorName:)`` in the words of the interface.
    package func callDeposit(
        _ parameters: BrokerInterface.Deposit.Parameters, passing descriptors: [HeldDescriptor]
    ) throws(VaultError) -> BrokerInterface.Deposit.Reply {
        // Who may deposit nothing cannot send any (SO_PASSRIGHTS). Where the permission is newer than the connection, the next one
        // can; otherwise the call is made without, so that the refusal is the broker's, and recorded.
        for passed in [descriptors, descriptors, []] {
            do throws(VaultError) {
                return try call(BrokerInterface.Deposit.self, parameters, passing: passed)
            } catch .failed(_, .notPermitted) {
                continue
            } catch .invalidDescriptor where passed.isEmpty {
                throw .denied(name: parameters.name, record: nil, message: "not permitted")
            }
        }
        throw .denied(name: parameters.name, record: nil, message: "not permitted")
    }
}

/// The same calls for asynchronous code.
extension VaultConnection {
    /// Has the broker hold a descriptor, of any type. It is closed here when the call has returned.
    public func deposit(
        _ descriptor: consuming OwnedDescriptor, as name: String, replacing: Bool = false,
        expiresAfter: Duration? = nil, descriptorName: String? = nil
    ) async throws(VaultError) -> Int {
        let held = HeldDescriptor(descriptor)
        return try await awaiting { () throws(VaultError) in
            try self.deposit(
                held, as: name, replacing: replacing, expiresAfter: expiresAfter, descriptorName: descriptorName)
        }
    }

    /// Takes a deposit for itself.
    public func take(_ name: String, reason: String? = nil) async throws(VaultError) -> Grant {
        try await awaiting { () throws(VaultError) in try self.take(name, reason: reason) }
    }

    /// Has the broker let go of what was added or deposited under a name.
    public func remove(_ name: String) async throws(VaultError) -> Int {
        try await awaiting { () throws(VaultError) in try self.remove(name) }
    }
}
