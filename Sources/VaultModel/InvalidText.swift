// SPDX-License-Identifier: Apache-2.0

/// A text that cannot be what it is meant to be: what is wrong with it, and what to write in its place.
package struct InvalidText: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, as a clause without a final full stop.
    package let message: String

    /// The next step, in the imperative.
    package let remedy: String

    package init(_ message: String, remedy: String) {
        self.message = message
        self.remedy = remedy
    }

    package var description: String { "\(message); \(remedy)" }
}
