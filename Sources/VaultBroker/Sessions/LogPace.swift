// SPDX-License-Identifier: Apache-2.0

/// How many lines each uid may cause in the daemon's log; what is beyond is counted, and said once.
struct LogPace {
    static let windowUSec: Int64 = 10_000_000
    static let linesPerUser = 20
    /// So many uids are told apart; those beyond are counted together.
    private static let mostUsers = 256

    private var windowStart: Int64 = 0
    /// nil: of nobody in particular.
    private var lines: [UInt32?: Int] = [:]

    /// Counts one line.
    /// - Returns: whether it is written.
    mutating func admit(_ uid: UInt32?) -> Bool {
        let key = lines[uid] != nil || lines.count < Self.mostUsers ? uid : nil
        lines[key, default: 0] += 1
        return lines[key, default: 0] <= Self.linesPerUser
    }

    /// What was not written of a span that is over, by uid; from here on lines are written again.
    mutating func suppressed(bootUSec: Int64) -> [(uid: UInt32?, count: Int)] {
        guard bootUSec - windowStart >= Self.windowUSec else { return [] }
        windowStart = bootUSec
        defer { lines.removeAll(keepingCapacity: true) }
        return lines.filter { $0.value > Self.linesPerUser }
            .map { (uid: $0.key, count: $0.value - Self.linesPerUser) }
            .sorted { ($0.uid ?? .max) < ($1.uid ?? .max) }
    }
}
