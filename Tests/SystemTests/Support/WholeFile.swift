// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage

/// Files as a whole.
enum WholeFile {
    static func text(_ path: FilePath) throws -> String {
        String(decoding: try bytes(path), as: UTF8.self)
    }

    static func bytes(_ path: FilePath) throws -> [UInt8] { try OwnedDescriptor.open(path).readAll(limit: 1 << 24) }
}
