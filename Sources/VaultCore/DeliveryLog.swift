// SPDX-License-Identifier: Apache-2.0

import Records

/// What became of the grants that are recorded, until it is in a `delivery` record.
///
/// A grant enters when it is appended and leaves when its outcome is known. An outcome waits here for a batch to ride
/// with, or for 100 ms.
package struct DeliveryLog {
    /// Why a recorded grant was not sent, where the operating system is not to blame.
    package enum Reason: String {
        case revoked
        case identity
        case expired
        case undrained
        case commitUnknown = "commit-unknown"
    }

    private var report = DeliveryReport()
    /// Grants that are recorded, or about to be, and whose outcome is open.
    private var open: Set<UInt64> = []

    /// Whether no outcome waits for a record.
    package var isEmpty: Bool { report.isEmpty }

    /// Below this index every grant has an outcome, if all that is gathered here is written.
    /// - Parameter next: the index that the next record will get.
    package func settled(before next: UInt64) -> UInt64 { open.min() ?? next }

    /// Whether the outcome of this grant is still open.
    package func isOpen(_ index: UInt64) -> Bool { open.contains(index) }

    /// The grants that were not sent, and of which no record tells that yet.
    var unsent: Set<UInt64> { Set(report.failed.map(\.index)) }

    package mutating func granted(_ index: UInt64) { open.insert(index) }

    /// The commit was voided: nothing is owed for a record that does not exist.
    package mutating func voided(_ index: UInt64) { open.remove(index) }

    package mutating func sent(_ index: UInt64) {
        open.remove(index)
        report.addSent(index)
    }

    package mutating func failed(_ index: UInt64, errno: String? = nil, reason: Reason? = nil) {
        open.remove(index)
        report.failed.append(DeliveryReport.Failure(index: index, errno: errno, reason: reason?.rawValue))
    }

    package mutating func unknown(_ index: UInt64) {
        open.remove(index)
        report.unknown.append(index)
    }

    /// Hands over what was gathered and starts anew.
    package mutating func take() -> DeliveryReport {
        defer { report = DeliveryReport() }
        return report
    }

    /// Forgets the outcomes of all other grants: they are in a record whose commit failed, and which turned out to
    /// be there.
    package mutating func keep(undelivered: Set<UInt64>) {
        let told = report
        report = DeliveryReport()
        for range in told.sent {
            for index in range where undelivered.contains(index) { report.addSent(index) }
        }
        report.failed = told.failed.filter { undelivered.contains($0.index) }
        report.unknown = told.unknown.filter { undelivered.contains($0) }
    }

    /// Takes back outcomes whose record was voided: the next one has them.
    package mutating func restore(_ earlier: DeliveryReport) {
        report.sent = earlier.sent + report.sent
        report.failed = earlier.failed + report.failed
        report.unknown = earlier.unknown + report.unknown
    }
}
