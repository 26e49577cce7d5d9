// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How many times as long some work takes with an input of four times the size: about 4 for work that is linear in its
/// input, 16 for work that takes its square. In time of this thread's processor, so that a busy machine matters little.
///
/// - Parameter size: so large that the work takes a millisecond or more.
package func growth<Input>(
    at size: Int, input: (_ size: Int) throws -> Input, work: (Input) throws -> Void
) rethrows -> Double {
    let small = try shortestTime(of: work, with: try input(size))
    let large = try shortestTime(of: work, with: try input(4 * size))
    print("growth: \(size): \(small) s, \(4 * size): \(large) s")
    return large / small
}

/// What ``growth(at:input:work:)`` answers at most for work that is linear, with room for caches and chance.
package let linearGrowth = 9.0

private func shortestTime<Input>(of work: (Input) throws -> Void, with input: Input) rethrows -> Double {
    var shortest = Double.infinity
    for _ in 0..<3 {
        let start = processorTime()
        try work(input)
        shortest = min(shortest, processorTime() - start)
    }
    return shortest
}

private func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
