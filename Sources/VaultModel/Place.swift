// SPDX-License-Identifier: Apache-2.0

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
