// SPDX-License-Identifier: Apache-2.0

import Glibc
import Records
import Synchronization
internal import SystemPackage

/// The read-only connections of this process, so that all of them can be closed while the writer opens again.
///
/// A reader holds the lock shared for one short transaction at a time; the writer holds it alone while it recovers.
final class ReaderRegistry: Sendable {
    let database: FilePath
    private let lock = ReadWriteLock()
    private let connections = Mutex<[WeakConnection]>([])

    private struct WeakConnection {
        weak var connection: ReadConnection?
    }

    init(database: FilePath) {
        self.database = database
    }

    func makeConnection() -> ReadConnection {
        let connection = ReadConnection(registry: self)
        connections.withLock { list in
            list.removeAll { $0.connection == nil }
            list.append(WeakConnection(connection: connection))
        }
        return connection
    }

    /// Runs a short transaction while no recovery runs.
    func reading<Result>(_ body: () throws(LedgerError) -> Result) throws(LedgerError) -> Result {
        lock.lockShared()
        defer { lock.unlock() }
        return try body()
    }

    /// Waits for the transactions that run, closes the connections, and keeps them closed while `body` runs.
    func whileDisconnected<Result, Failure>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        lock.lockAlone()
        defer { lock.unlock() }
        for connection in connections.withLock({ $0.compactMap(\.connection) }) { connection.disconnect() }
        return try body()
    }
}

/// A `pthread_rwlock_t` that prefers the writer, so that readers cannot keep it out.
///
/// Proof of `@unchecked Sendable`: the pointer never changes, what it points to is touched only by the functions of
/// pthread_rwlock, which any thread may call, and it is freed when nobody refers to this object any more.
private final class ReadWriteLock: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)

    init() {
        var attributes = pthread_rwlockattr_t()
        pthread_rwlockattr_init(&attributes)
        pthread_rwlockattr_setkind_np(&attributes, Int32(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP))
        lock.initialize(to: pthread_rwlock_t())
        pthread_rwlock_init(lock, &attributes)
        pthread_rwlockattr_destroy(&attributes)
    }

    deinit {
        pthread_rwlock_destroy(lock)
        lock.deallocate()
    }

    func lockShared() { pthread_rwlock_rdlock(lock) }
    func lockAlone() { pthread_rwlock_wrlock(lock) }
    func unlock() { pthread_rwlock_unlock(lock) }
}
