// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What is known of the terminal behind a descriptor.
struct Terminal {
    let isTerminal: Bool
    /// Whether text may be coloured: on a terminal that can, unless `NO_COLOR` has a value (https://no-color.org).
    let hasColours: Bool

    static let output = Terminal(STDOUT_FILENO)
    static let error = Terminal(STDERR_FILENO)

    private init(_ number: CInt) {
        isTerminal = isatty(number) == 1
        let forbidden = Environment["NO_COLOR"]?.isEmpty == false
        hasColours = isTerminal && !forbidden && Environment["TERM"] != "dumb"
    }
}
