// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Rights as they are written on a command line: `read`, `read,write`.
struct RightsArgument: ExpressibleByArgument, Equatable {
    static let words = ["read", "write", "append", "use"]
    static var allValueStrings: [String] { words }

    /// At least one, each once, in the order of `words`.
    let words: [String]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard parts.allSatisfy(Self.words.contains) else { return nil }
        words = Self.words.filter(parts.contains)
    }
}
