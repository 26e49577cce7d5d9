// SPDX-License-Identifier: Apache-2.0

/// How often an `Open` left each of its stages, and how long it had been there.
package struct StageTimes: Sendable {
    /// Of one stage since the start, in microseconds.
    package struct Time: Sendable, Equatable {
        package fileprivate(set) var count: UInt64 = 0
        package fileprivate(set) var totalUSec: Int64 = 0
        package fileprivate(set) var longestUSec: Int64 = 0

        fileprivate mutating func add(_ usec: Int64) {
            count += 1
            totalUSec &+= usec
            longestUSec = max(longestUSec, usec)
        }
    }

    private var times: [Time] = Array(repeating: Time(), count: OpenCall.Stage.allCases.count)

    package subscript(stage: OpenCall.Stage) -> Time { times[stage.rawValue] }

    mutating func left(_ stage: OpenCall.Stage, after usec: Int64) {
        times[stage.rawValue].add(usec)
    }
}
