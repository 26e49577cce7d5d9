// SPDX-License-Identifier: Apache-2.0

internal import JSONText
import Records
internal import VaultModel

/// Which grants of a stretch of the log have no delivery record, found by reading it in order.
struct UndeliveredGrants {
    private var open: Set<UInt64> = []

    /// In ascending order.
    var indices: [UInt64] { open.sorted() }

    mutating func add(index: UInt64, leaf: UnsafeRawBufferPointer) throws {
        switch RecordType(leaf: leaf) {
        case .grant: open.insert(index)
        case .delivery:
            do {
                let report = try DeliveryReport(parsing: Array(leaf))
                close(report)
            } catch {
                throw LedgerError(
                    .damaged, "the delivery record \(index) cannot be read: \(error)",
                    remedy: "keep a copy of the database, and see what `vault audit verify` finds")
            }
        default: break
        }
    }

    private mutating func close(_ report: DeliveryReport) {
        guard !open.isEmpty else { return }
        for range in report.sent {
            // A range may span far more than the grants that are open, and the other way round.
            if range.count < open.count {
                open.subtract(range)
            } else {
                open = open.filter { !range.contains($0) }
            }
        }
        for failure in report.failed { open.remove(failure.index) }
        for index in report.unknown { open.remove(index) }
    }
}
