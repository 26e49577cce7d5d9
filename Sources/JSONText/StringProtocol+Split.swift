// SPDX-License-Identifier: Apache-2.0

extension StringProtocol {
    /// The parts of a text between separators, found by scalars: to Swift a separator and a mark that combines with it are one
    /// character and no separator, and so are CR and LF.
    package func split(
        at separator: Unicode.Scalar, maxSplits: Int = .max, omittingEmpty: Bool = true
    ) -> [SubSequence] {
        unicodeScalars.split(separator: separator, maxSplits: maxSplits, omittingEmptySubsequences: omittingEmpty)
            .map { self[$0.startIndex..<$0.endIndex] }
    }

    /// The first line of a text, without its end.
    package var firstLine: SubSequence {
        self[..<(utf8.firstIndex { $0 == UInt8(ascii: "\n") } ?? endIndex)]
    }
}
