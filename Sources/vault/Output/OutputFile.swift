// SPDX-License-Identifier: Apache-2.0

/// A file that a verb writes whole: what was there before is replaced when everything is written, or stays.
enum OutputFile {
    /// - Parameter path: `-` is standard output.
    static func write(_ text: String, to path: String, mode: UInt32 = 0o644) throws {
        if path == "-" { return try StandardOutput.write(text) }
        let file = try LineFile(path, mode: mode)
        try file.write(text)
        try file.finish()
    }
}
