// SPDX-License-Identifier: Apache-2.0

import CSQLite
import GRDB

extension Configuration {
    /// Of a connection to a file that somebody else may have written.
    /// - Parameters:
    ///   - timeout: in seconds, for other connections that are in the way.
    ///   - pragmas: run when it is opened.
    init(label: String, readonly: Bool = false, timeout: Double, pragmas: String = "") {
        self.init()
        self.label = label
        self.readonly = readonly
        foreignKeysEnabled = false
        busyMode = .timeout(timeout)
        prepareDatabase { database in
            guard csqlite_set_defensive(database.sqliteConnection) == SQLITE_OK,
                csqlite_set_untrusted_schema(database.sqliteConnection) == SQLITE_OK
            else { throw DatabaseError(message: "SQLite does not know the DEFENSIVE option") }
            try database.execute(sql: "PRAGMA cell_size_check = ON; \(pragmas)")
        }
    }
}
