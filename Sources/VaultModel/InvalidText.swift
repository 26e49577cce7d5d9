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

/// Where in a file something was written. Lines and columns count from 1, columns in Unicode scalars.
package struct Place: Hashable, Sendable, CustomStringConvertible {
    package var path: String
    package var line: Int
    package var column: Int

    package init(path: String, line: Int, column: Int) {
        self.path = path
        self.line = line
        self.column = column
    }

    package var description: String { "\(path):\(line):\(column)" }
}
