// SPDX-License-Identifier: Apache-2.0

import GRDB
import Glibc
internal import SystemPackage

/// A read-only connection to the query index, where there is one. Belongs to its ``LedgerReader``.
final class IndexConnection {
    private let path: FilePath
    private var queue: DatabaseQueue?
    private var inode: ino_t?

    init(_ path: FilePath) {
        self.path = path
    }

    /// Runs `body` in a read transaction on the index; with nil where there is none, or none for this log.
    func read<Result>(_ ledger: Database, _ body: (IndexView?) throws -> Result) throws -> Result {
        guard let queue = open() else { return try body(nil) }
        return try queue.unsafeRead { database in
            guard (try? database.execute(sql: "BEGIN")) != nil else { return try body(nil) }
            defer { try? database.execute(sql: "COMMIT") }
            return try body(try? IndexView(database, ledger: ledger))
        }
    }

    /// Opens the index, again where it was made anew.
    private func open() -> DatabaseQueue? {
        var status = stat()
        guard stat(path.string, &status) == 0 else {
            queue = nil
            return nil
        }
        if let queue, inode == status.st_ino { return queue }
        var configuration = Configuration()
        configuration.label = "ledger index reader"
        configuration.readonly = true
        configuration.busyMode = .timeout(1)
        queue = try? DatabaseQueue(path: path.string, configuration: configuration)
        inode = status.st_ino
        return queue
    }
}
