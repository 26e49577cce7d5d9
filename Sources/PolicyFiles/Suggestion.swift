// SPDX-License-Identifier: Apache-2.0

/// Finds the word that somebody may have meant.
package enum Suggestion {
    /// The nearest of the candidates, when it is near enough to be what was meant.
    static func nearest(to word: String, in candidates: some Sequence<String>) -> String? {
        let plain = normalized(word)
        var best: (word: String, distance: Int)?
        for candidate in candidates {
            let distance = distance(plain, normalized(candidate))
            if distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        guard let best, best.distance <= max(1, plain.count / 3) else { return nil }
        return best.word
    }

    /// Proposes the nearest of the candidates, else what else there is to do.
    package static func remedy(
        for word: String, in candidates: some Sequence<String>, otherwise: @autoclosure () -> String
    ) -> String {
        nearest(to: word, in: candidates).map { "did you mean '\($0)'?" } ?? otherwise()
    }

    /// Lower case without what is between words: `notBefore` and `not_before` are near `not-before`.
    private static func normalized(_ word: String) -> [UInt8] {
        word.lowercased().utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "_") }
    }

    /// How many letters have to be added, removed, changed or swapped with the next one.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        guard left.count <= 64, right.count <= 64 else { return .max }
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for (row, leftByte) in left.enumerated() {
            var current = [row + 1]
            for (column, rightByte) in right.enumerated() {
                var best = min(previous[column + 1] + 1, current[column] + 1)
                best = min(best, previous[column] + (leftByte == rightByte ? 0 : 1))
                if row > 0, column > 0, leftByte == right[column - 1], left[row - 1] == rightByte {
                    best = min(best, beforePrevious[column - 1] + 1)
                }
                current.append(best)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
