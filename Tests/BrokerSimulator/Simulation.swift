// SPDX-License-Identifier: Apache-2.0

import VaultCore

/// What became of one history.
package struct Outcome: Sendable {
    /// nil: every invariant held.
    package let finding: Finding?
    /// The choices that were taken, a list for each step: played again they give the same history.
    package let history: [[UInt32]]
    package let lives: Int
    /// Tells one history from another: the sizes of the log and of what happened.
    package let fingerprint: UInt64
}

/// Plays whole lives of a broker, from a seed or from choices that were written down.
package enum Simulation {
    /// The lives of one seed's history.
    package static let livesOfSeed = 4

    package static func play(seed: UInt64, trace: ((String) -> Void)? = nil) -> Outcome {
        play(Choices(seed: seed), lives: livesOfSeed, trace)
    }

    package static func play(history: [[UInt32]], trace: ((String) -> Void)? = nil) -> Outcome {
        play(Choices(history: history), lives: .max, trace)
    }

    private static func play(_ choices: Choices, lives: Int, _ trace: ((String) -> Void)?) -> Outcome {
        let world = World(choices, trace: trace)
        world.play(lives: lives)
        let fingerprint = world.ledger.size &* 1_000_003 &+ UInt64(bitPattern: world.bootUSec)
        return Outcome(
            finding: world.checker.finding, history: choices.history, lives: max(world.livesEnded, 1),
            fingerprint: fingerprint)
    }

    /// The shortest history found that breaks the same invariant: steps are left out, then choices made dull.
    /// - Parameter limit: so many histories are tried at most.
    package static func shrink(_ history: [[UInt32]], _ invariant: Invariant, limit: Int = 4_000) -> [[UInt32]] {
        var best = history
        var left = limit
        func breaks(_ candidate: [[UInt32]]) -> Bool {
            guard left > 0 else { return false }
            left -= 1
            return play(history: candidate).finding?.invariant == invariant
        }
        // Steps, in ever smaller pieces; the first makes the policy and stays.
        var piece = max(1, best.count / 2)
        while true {
            var start = 1
            var isShorter = false
            while start < best.count {
                var candidate = best
                candidate.removeSubrange(start..<min(start + piece, best.count))
                if breaks(candidate) {
                    best = candidate
                    isShorter = true
                } else {
                    start += piece
                }
            }
            if piece == 1, !isShorter || left == 0 { break }
            piece = max(1, piece / 2)
        }
        for step in best.indices {
            for place in best[step].indices where best[step][place] != 0 {
                var candidate = best
                candidate[step][place] = 0
                if breaks(candidate) { best = candidate }
            }
        }
        return best
    }
}
