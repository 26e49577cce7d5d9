// SPDX-License-Identifier: Apache-2.0

/// What clients say of what was sent to them, as the checker knows it.
struct ReceiptFacts {
    /// In this life: over which connection each was sent, and what was first said over it: whether it is missing.
    var sentOver: [UInt64: Int] = [:]
    var claimed: [UInt64: Bool] = [:]
    /// Those that the log has.
    var told: Set<UInt64> = []

    mutating func lifeBegins() { (sentOver, claimed) = ([:], [:]) }
}

/// What is told of arrivals: only what was sent, by the connection that it was sent over, once.
extension Checker {
    func claims(_ arrived: [UInt64], missing: [UInt64], _ session: Session) {
        for (records, isMissing) in [(arrived, false), (missing, true)] {
            for record in records
            where receipts.sentOver[record] == session.number && receipts.claimed[record] == nil {
                receipts.claimed[record] = isMissing
            }
        }
    }

    func isTold(_ record: UInt64, isMissing: Bool) {
        if grants[record]?.outcome != .sent {
            found(.outcomes, "grant \(record) is told to have arrived, and not to be sent")
        }
        switch receipts.claimed[record] {
        case nil: found(.outcomes, "nobody who was sent grant \(record) says that it has arrived, and it is told")
        case .some(let claimed) where claimed != isMissing:
            found(.outcomes, "what is told of the arrival of grant \(record) is not what was said")
        default: break
        }
        if !receipts.told.insert(record).inserted { found(.outcomes, "the arrival of grant \(record) is told twice") }
    }

    /// When nothing is under way, all that was said is told.
    func lookAtReceipts() {
        if let forgotten = receipts.claimed.keys.filter({ !receipts.told.contains($0) }).min() {
            found(.outcomes, "the arrival of grant \(forgotten) is never told")
        }
    }
}
