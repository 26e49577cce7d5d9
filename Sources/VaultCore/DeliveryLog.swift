// SPDX-License-Identifier: Apache-2.0

import Records

/// What became of the grants that are recorded, until it is in a `delivery` record.
///
/// A grant enters when it is appended and leaves when its outcome is known. An outcome waits here for a batch to ride
/// with, or for 100 ms. What clients say of what was sent to them waits in the same way.
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
    /// Grants whose descriptors have arrived, as they were told.
    private var receipts: [UInt64] = []
    /// Receipts in records of which it is not known whether they are in the log.
    private var doubtful: [(record: UInt64, report: DeliveryReport)] = []

    /// Whether no outcome waits for a record.
    package var isEmpty: Bool { report.isEmpty && receipts.isEmpty }

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

    /// The client that these were sent to says so; of each once.
    package mutating func received(_ indices: [UInt64], missing: [UInt64]) {
        receipts += indices
        report.missing += missing
    }

    /// Hands over what was gathered and starts anew.
    package mutating func take() -> DeliveryReport {
        defer { (report, receipts) = (DeliveryReport(), []) }
        // Clients say it in any order; in that of the log they are few ranges.
        for index in receipts.sorted() { report.addReceived(index) }
        return report
    }

    /// Forgets the outcomes of all other grants: they are in a record whose commit failed, and which turned out to
    /// be there. Receipts are told again where their record is not.
    /// - Parameter size: how many records there are.
    package mutating func keep(undelivered: Set<UInt64>, size: UInt64) {
        let told = report
        report = DeliveryReport()
        report.missing = told.missing
        for (record, earlier) in doubtful where record >= size || isPlanted(.receiptToldTwice) {
            receipts += earlier.received.flatMap { Array($0) }
            report.missing += earlier.missing
        }
        doubtful = []
        for range in told.sent {
            for index in range where undelivered.contains(index) { report.addSent(index) }
        }
        report.failed = told.failed.filter { undelivered.contains($0.index) }
        report.unknown = told.unknown.filter { undelivered.contains($0) }
    }

    /// Takes back outcomes whose record was voided: the next one has them.
    /// - Parameter record: its index.
    package mutating func restore(_ earlier: DeliveryReport, record: UInt64) {
        if !earlier.received.isEmpty || !earlier.missing.isEmpty { doubtful.append((record, earlier)) }
        report.sent = earlier.sent + report.sent
        report.failed = earlier.failed + report.failed
        report.unknown = earlier.unknown + report.unknown
    }
}
