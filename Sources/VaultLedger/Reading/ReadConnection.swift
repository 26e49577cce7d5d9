// SPDX-License-Identifier: Apache-2.0

import Descriptors
import GRDB
import Glibc
import Records
import Synchronization
internal import SystemPackage
internal import TransparencyLog

/// A read-only connection to the ledger, opened when it is needed and closed by the writer while that recovers.
final class ReadConnection: Sendable {
    private let registry: ReaderRegistry
    private let queue = Mutex<DatabaseQueue?>(nil)

    init(registry: ReaderRegistry) {
        self.registry = registry
    }

    /// Runs `body` in one read transaction; it ends soon, or it keeps the WAL from being reset
    /// (Decisions: a reader's turn is short).
    func read<Result>(_ body: (Database) throws -> Result) throws(LedgerError) -> Result {
        try registry.reading { () throws(LedgerError) in
            do {
                return try open().unsafeRead { database in
                    try database.execute(sql: "BEGIN")
                    defer { try? database.execute(sql: "COMMIT") }
                    return try body(database)
                }
            } catch {
                throw LedgerError(error, reading: registry.database.string)
            }
        }
    }

    func disconnect() {
        queue.withLock { queue in
            try? queue?.close()
            queue = nil
        }
    }

    private func open() throws -> DatabaseQueue {
        try queue.withLock { queue in
            if let queue { return queue }
            let path = registry.database
            let opened: DatabaseQueue
            do {
                opened = try Self.open(path.string)
            } catch let error as DatabaseError where Self.isUnwritable(error) && !hasLog(path) {
                // A copy on a medium that cannot be written, without a WAL: nobody changes it while it is read.
                opened = try Self.open(Self.immutable(path))
            }
            queue = opened
            return opened
        }
    }

    private static func open(_ path: String) throws -> DatabaseQueue {
        let configuration = Configuration(label: "ledger reader", readonly: true, timeout: 1)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.unsafeRead { try LedgerSchema.check($0) }
        return queue
    }

    private static func isUnwritable(_ error: DatabaseError) -> Bool {
        [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(error.resultCode)
    }

    private func hasLog(_ path: FilePath) -> Bool {
        (try? FileStatus(ofPath: FilePath(path.string + "-wal")).size) ?? 0 > 0
    }

    /// The path as a URI that promises SQLite that the file does not change.
    private static func immutable(_ path: FilePath) -> String {
        let escaped = path.string.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "/")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                String(UnicodeScalar(byte))
            default: "%" + Hexadecimal.encode([byte])
            }
        }
        return "file:\(escaped.joined())?immutable=1"
    }
}

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
