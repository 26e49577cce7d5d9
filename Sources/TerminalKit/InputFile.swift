// SPDX-License-Identifier: Apache-2.0

internal import Descriptors
internal import SystemPackage

/// A file that a verb reads whole; `-` is standard input.
package enum InputFile {
    /// - Parameter what: what it is to be, such as "a checkpoint", for the error.
    package static func read(_ path: String, as what: String, limit: Int = 1 << 20) throws(Failure) -> String {
        guard let text = String(validating: try bytes(path, as: what, limit: limit), as: UTF8.self) else {
            throw Failure(.usage, "\(path): this is not UTF-8", next: "the path of \(what)")
        }
        return text
    }

    package static func bytes(_ path: String, as what: String, limit: Int = 1 << 20) throws(Failure) -> [UInt8] {
        do throws(Errno) {
            let file = path == "-" ? try StandardDescriptor.input.duplicate() : try OwnedDescriptor.open(FilePath(path))
            return try file.readAll(limit: limit)
        } catch {
            throw Failure(
                .system, "\(path): \(error.description)", next: "the path of \(what), or - for standard input")
        }
    }
}
