// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage

/// A file that is read whole.
enum TextFile {
    /// - Parameters:
    ///   - path: `-` is standard input.
    ///   - what: it is to be, for the error.
    static func read(_ path: String, as what: String) throws -> String {
        String(decoding: try bytes(path, as: what), as: UTF8.self)
    }

    static func bytes(_ path: String, as what: String) throws -> [UInt8] {
        do throws(Errno) {
            let file = path == "-" ? try StandardDescriptor.input.duplicate() : try OwnedDescriptor.open(FilePath(path))
            return try file.readAll(limit: 1 << 20)
        } catch {
            throw Failure(status: 4, description: "\(path): \(error.description)", next: "the path of \(what)")
        }
    }
}
