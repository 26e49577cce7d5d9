// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Standard error, a line at a time, each in one `write(2)` so that lines of several threads do not mix.
enum StandardError {
    static func write(line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
