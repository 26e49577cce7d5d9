// SPDX-License-Identifier: Apache-2.0

/// One step of the ledger's schema, embedded from the `.sql` file beside this one.
///
/// A released file never changes. A new one gets the next number, is named in `Package.swift` and in ``all``.
package struct Migration: Sendable {
    /// The `user_version` of a database that has this step.
    package let number: Int
    /// The name of the file.
    package let name: String
    package let sql: String

    /// Every step, in order.
    package static let all: [Migration] = [
        Migration(number: 1, name: "ledger_0001.sql", bytes: PackageResources.ledger_0001_sql),
        Migration(number: 2, name: "ledger_0002.sql", bytes: PackageResources.ledger_0002_sql),
        Migration(number: 3, name: "ledger_0003.sql", bytes: PackageResources.ledger_0003_sql),
        Migration(number: 4, name: "ledger_0004.sql", bytes: PackageResources.ledger_0004_sql),
        Migration(number: 5, name: "ledger_0005.sql", bytes: PackageResources.ledger_0005_sql),
        Migration(number: 6, name: "ledger_0006.sql", bytes: PackageResources.ledger_0006_sql),
    ]

    private init(number: Int, name: String, bytes: [UInt8]) {
        self.number = number
        self.name = name
        self.sql = String(decoding: bytes, as: UTF8.self)
    }
}
