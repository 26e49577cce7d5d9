// SPDX-License-Identifier: Apache-2.0

/// How often something happened within the last stretch of time, in sixteen parts.
///
/// A part counts until all of it is older than the window, so a count is never too small: a limit holds for every
/// stretch of that length, at the price of being up to a sixteenth of the window late to forget.
struct SlidingCount {
    private static let parts: Int64 = 16

    let windowUSec: Int64
    /// The starts and counts of the parts that still matter, oldest first.
    private var buckets: [(startUSec: Int64, count: UInt64)] = []

    init(windowUSec: Int64) {
        self.windowUSec = windowUSec
    }

    private var partUSec: Int64 { max(1, windowUSec / Self.parts) }

    func count(at nowUSec: Int64) -> UInt64 {
        let oldest = nowUSec.saturatingSubtracting(windowUSec)
        return buckets.reduce(0) {
            $1.startUSec.saturatingAdding(partUSec) > oldest ? $0.saturatingAdding($1.count) : $0
        }
    }

    mutating func add(_ more: UInt64, at nowUSec: Int64) {
        let part = partUSec
        let oldest = nowUSec.saturatingSubtracting(windowUSec)
        buckets.removeAll { $0.startUSec.saturatingAdding(part) <= oldest }
        let start = nowUSec - nowUSec % part
        if let last = buckets.last, last.startUSec >= start {
            buckets[buckets.count - 1].count = last.count.saturatingAdding(more)
        } else {
            buckets.append((start, more))
        }
    }

    /// Takes back what was added at a time.
    mutating func remove(_ count: UInt64, at addedUSec: Int64) {
        guard let index = buckets.lastIndex(where: { $0.startUSec <= addedUSec }) else { return }
        buckets[index].count -= min(count, buckets[index].count)
        if buckets[index].count == 0 { buckets.remove(at: index) }
    }

    /// When there will be fewer than `limit`, if nothing is added; nil: there are already, or never with a limit of 0.
    func reopens(below limit: UInt64, at nowUSec: Int64) -> Int64? {
        var left = count(at: nowUSec)
        guard left >= limit, limit > 0 else { return nil }
        for bucket in buckets where bucket.startUSec + partUSec > nowUSec - windowUSec {
            left -= bucket.count
            if left < limit { return bucket.startUSec + partUSec + windowUSec }
        }
        return nil
    }
}
