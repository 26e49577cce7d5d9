// SPDX-License-Identifier: Apache-2.0

public import BasicContainers
internal import Descriptors
import Glibc
public import JSONText
import Synchronization

/// The same calls for asynchronous code. When its task is cancelled a call ends with ``VaultError/cancelled(path:)``, and
/// the connection is made anew for the next one.
extension VaultConnection {
    /// Connects to a broker.
    public static func connect(
        _ location: BrokerLocation = .automatic, timeLimit: Duration? = nil
    ) async throws(VaultError) -> VaultConnection {
        try await WorkThread(name: "vault-client").run { () throws(VaultError) in
            try VaultConnection(location, timeLimit: timeLimit)
        }
    }

    /// Asks for one capability.
    public func open(
        _ name: String, rights: Rights? = nil, reason: String? = nil
    ) async throws(VaultError) -> Grant {
        try await awaiting { () throws(VaultError) in try self.open(name, rights: rights, reason: reason) }
    }

    /// Asks for several capabilities, all or none.
    public func open(
        _ requests: [Request], reason: String? = nil
    ) async throws(VaultError) -> UniqueArray<Grant> {
        try await awaiting { () throws(VaultError) in try self.open(requests, reason: reason) }
    }

    /// Extends a lease that this process got, by as long as its rule says.
    public func renew(_ lease: Lease) async throws(VaultError) -> Lease {
        try await awaiting { () throws(VaultError) in try self.renew(lease) }
    }

    /// Gives back a lease that this process got. Close its descriptor before.
    public func release(_ lease: Lease) async throws(VaultError) {
        try await awaiting { () throws(VaultError) in try self.release(lease) }
    }

    /// The capabilities that the caller may see, by name.
    public func list(_ pattern: String? = nil) async throws(VaultError) -> [Capability] {
        try await awaiting { () throws(VaultError) in try self.list(pattern) }
    }

    /// One capability that the caller may see.
    public func describe(_ name: String) async throws(VaultError) -> Capability {
        try await awaiting { () throws(VaultError) in try self.describe(name) }
    }

    /// Who the caller is, as the broker sees it.
    public func whoAmI() async throws(VaultError) -> JSONObject {
        try await awaiting { () throws(VaultError) in try self.whoAmI() }
    }
}

/// Which of the awaited calls is under way, so that cancelling its task ends that one and no other.
struct AwaitedCall: Sendable {
    /// Of the newest that was begun or waits for its turn.
    var number: UInt64 = 0
    private var current: (number: UInt64, thread: pthread_t)?
    /// On which the current one waits, once it is connected.
    private var socket: HeldDescriptor?
    private(set) var isCancelled = false

    /// On the thread of the calls.
    mutating func begin(_ number: UInt64) {
        (current, socket, isCancelled) = ((number, pthread_self()), nil, false)
    }

    mutating func end() {
        (current, socket, isCancelled) = (nil, nil, false)
    }

    /// A call of this thread is to wait on `socket`.
    /// - Returns: false where it has been cancelled by now.
    mutating func wait(on socket: HeldDescriptor) -> Bool {
        guard let current, pthread_equal(current.thread, pthread_self()) != 0 else { return true }
        self.socket = socket
        return !isCancelled
    }

    mutating func cancel(_ number: UInt64) {
        guard current?.number == number else { return }
        isCancelled = true
        if let socket { try? UnixSocket.shutDown(socket) }
    }
}

extension VaultConnection {
    func awaiting<Value: ~Copyable & Sendable>(
        _ call: @escaping @Sendable () throws(VaultError) -> Value
    ) async throws(VaultError) -> Value {
        let number = awaited.withLock { awaited in
            awaited.number += 1
            return awaited.number
        }
        let parcel = Parcel<Value>()
        await withTaskCancellationHandler {
            await callThread.run {
                do throws(VaultError) {
                    parcel.put(try perform(call, as: number))
                } catch {
                    parcel.fail(error)
                }
            }
        } onCancel: {
            awaited.withLock { $0.cancel(number) }
        }
        return try parcel.take()
    }

    private func perform<Value: ~Copyable & Sendable>(
        _ call: () throws(VaultError) -> Value, as number: UInt64
    ) throws(VaultError) -> Value {
        awaited.withLock { $0.begin(number) }
        defer { awaited.withLock { $0.end() } }
        // Cancelled before this, it was not the current one.
        if Task.isCancelled { throw .cancelled(path: path) }
        do throws(VaultError) {
            return try call()
        } catch {
            throw awaited.withLock { $0.isCancelled } ? .cancelled(path: path) : error
        }
    }
}

/// Carries a result that cannot be copied from one thread to another, once.
private final class Parcel<Value: ~Copyable & Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let failure = Mutex<VaultError?>(nil)

    func put(_ new: consuming Value) {
        var new: Value? = new
        value.withLock { swap(&$0, &new) }
    }

    func fail(_ error: VaultError) {
        failure.withLock { $0 = error }
    }

    func take() throws(VaultError) -> Value {
        if let error = failure.withLock({ $0 }) { throw error }
        var taken: Value?
        value.withLock { swap(&$0, &taken) }
        // What put neither a value nor a failure never returned to the one who waits.
        return taken!
    }
}
