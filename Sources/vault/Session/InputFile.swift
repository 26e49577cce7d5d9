// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// A file that a verb reads whole; `-` is standard input.
enum InputFile {
    /// - Parameter what: what it is to be, such as "a checkpoint", for the error.
    static func read(_ path: String, as what: String, limit: Int = 1 << 20) throws(Failure) -> String {
        let bytes: [UInt8]
        do throws(Errno) {
            let file =
                path == "-"
                ? try StandardDescriptor.input.duplicate() : try OwnedDescriptor.open(FilePath(path))
            bytes = try file.readAll(limit: limit)
        } catch {
            throw Failure(
                .system, "\(path): \(error.description)", next: "the path of \(what), or - for standard input")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.usage, "\(path): this is not UTF-8", next: "the path of \(what)")
        }
        return text
    }
}
