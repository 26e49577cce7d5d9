// SPDX-License-Identifier: Apache-2.0

import GRDB

/// The schema of `STATE/index.db`. It is never migrated: an index of another version is made anew from the log.
enum IndexSchema {
    /// `PRAGMA application_id`: "vlti".
    static let applicationID: Int32 = 0x766c_7469
    /// Goes up with every change of the schema or of what is put into it.
    static let version = 3

    /// How many records a row of a column holds: full tiles, and so many that two rows of four-byte values fit on a page.
    static let segmentSize: UInt64 = 15 * 256
    static let pageSize = 32_768

    /// Whether the database is an index of this version.
    static func fits(_ database: Database) throws -> Bool {
        try Int32.fetchOne(database, sql: "PRAGMA application_id") == applicationID
            && Int.fetchOne(database, sql: "PRAGMA user_version") == version
    }

    /// Makes the tables of an empty index.
    static func create(in database: Database) throws {
        let columns = IndexField.allCases.map { field in
            "CREATE TABLE \(field.table) (number INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;\n"
        }
        try database.execute(
            sql: """
                -- What of the log is indexed: its size, the root over that much of it, and the hash of its last tile,
                -- by which a reader tells quickly that it is the index of this log.
                CREATE TABLE source (
                    id            INTEGER PRIMARY KEY CHECK (id = 0),
                    size          INTEGER NOT NULL,
                    root          BLOB    NOT NULL,
                    last_tile     BLOB    NOT NULL,
                    -- Nothing in the index tells of the records before this one.
                    pruned_before INTEGER NOT NULL
                ) STRICT;
                INSERT INTO source VALUES (0, 0, x'', x'', 0);
                -- Texts that columns hold by their number.
                CREATE TABLE term (
                    id    INTEGER PRIMARY KEY,
                    field INTEGER NOT NULL,
                    value TEXT    NOT NULL,
                    UNIQUE (field, value)
                ) STRICT;
                -- The least and the greatest time of each row of the columns.
                CREATE TABLE span (
                    number     INTEGER PRIMARY KEY,
                    first_usec INTEGER NOT NULL,
                    last_usec  INTEGER NOT NULL
                ) STRICT;
                -- The grants that the records of each row call missing: 64 bits each, as in a column.
                CREATE TABLE missing (
                    number INTEGER PRIMARY KEY,
                    grants BLOB NOT NULL
                ) STRICT;
                \(columns.joined())
                PRAGMA application_id = \(applicationID);
                PRAGMA user_version = \(version);
                """)
    }
}
