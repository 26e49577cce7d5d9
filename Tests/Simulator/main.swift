// SPDX-License-Identifier: Apache-2.0

import BrokerSimulator
import Glibc
import VaultCore

/// `vault-simulator`: plays lives of a broker until the time is over, and prints the first seed that finds something.
struct Arguments {
    var seed: UInt64?
    var seconds = 20.0
    var lives = Int.max
    var showsSteps = false
    var planted: PlantedBug?
    var shrinks = true

    static let bugs = PlantedBug.allCases.map(\.rawValue).joined(separator: " ")
    static let usage = """
        usage: vault-simulator [--seed N] [--seconds S] [--lives N] [--steps] [--planted BUG] [--no-shrink]

          --seed N       begin with this seed; without it, with a new one
          --seconds S    play for so long (20)
          --lives N      play so many lives at most; with a seed and 1, the history of that seed alone
          --steps        print what happens, step by step
          --planted BUG  play with a mistake planted in the core (debug builds only)

        BUG is one of: \(bugs)

        Exit code 0: every invariant held; 1: one did not; 2: these words are not understood.
        """

    init?(_ words: ArraySlice<String>) {
        var words = words
        while let word = words.popFirst() {
            switch word {
            case "--steps": showsSteps = true
            case "--no-shrink": shrinks = false
            case "--seed":
                guard let text = words.popFirst(), let number = UInt64(text) else { return nil }
                seed = number
            case "--seconds":
                guard let text = words.popFirst(), let number = Double(text) else { return nil }
                seconds = number
            case "--lives":
                guard let text = words.popFirst(), let number = Int(text) else { return nil }
                lives = number
            case "--planted":
                guard let bug = words.popFirst().flatMap(PlantedBug.init) else { return nil }
                planted = bug
            default: return nil
            }
        }
    }
}

/// At once, so that it is seen where the core stops with a trap.
func writeLine(_ text: String) {
    let line = Array((text + "\n").utf8)
    _ = write(1, line, line.count)
}

func run(_ arguments: Arguments) -> Int32 {
    let first = arguments.seed ?? UInt64.random(in: 0...UInt64(UInt32.max))
    print("seed \(first)")
    let clock = ContinuousClock()
    let start = clock.now
    var seed = first
    var lives = 0
    while lives < arguments.lives, clock.now - start < .seconds(arguments.seconds) {
        currentSeed = seed
        let trace: ((String) -> Void)? = arguments.showsSteps ? { writeLine($0) } : nil
        let outcome = Simulation.play(seed: seed, trace: trace)
        lives += outcome.lives
        if let finding = outcome.finding {
            let taken = clock.now - start
            print("seed \(seed) finds, after \(lives) lives and \(taken): \(finding)")
            guard arguments.shrinks else { return 1 }
            let shortest = Simulation.shrink(outcome.history, finding.invariant)
            print("the shortest history found, of \(shortest.count) steps instead of \(outcome.history.count):")
            let last = Simulation.play(history: shortest) { print("  \($0)") }
            if let finding = last.finding { print("  \(finding)") }
            print("choices: \(shortest)")
            return 1
        }
        seed &+= 1
    }
    let taken = clock.now - start
    let seconds = Double(taken.components.seconds) + Double(taken.components.attoseconds) / 1e18
    print("\(lives) lives in \(taken): \(Int(Double(lives) / seconds)) a second; every invariant held")
    return 0
}

// A trap cannot be caught: what is known of it is the seed.
nonisolated(unsafe) var currentSeed: UInt64 = 0
for number in [SIGILL, SIGTRAP] {
    signal(number) { number in
        // Written by hand: nothing else is safe in a handler.
        var digits: [UInt8] = Array("\n".utf8)
        var rest = currentSeed
        repeat {
            digits.insert(UInt8(ascii: "0") + UInt8(rest % 10), at: 0)
            rest /= 10
        } while rest > 0
        let text = Array("the core stopped with seed ".utf8) + digits
        _ = write(2, text, text.count)
        signal(number, SIG_DFL)
    }
}

guard let arguments = Arguments(CommandLine.arguments.dropFirst()) else {
    print(Arguments.usage)
    exit(2)
}
exit(PlantedBug.$planted.withValue(arguments.planted) { run(arguments) })
