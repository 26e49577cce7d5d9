// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage

/// Files as a whole.
enum WholeFile {
    static func text(_ path: FilePath) throws -> String {
        String(decoding: try OwnedDescriptor.open(path).readAll(limit: 1 << 24), as: UTF8.self)
    }
}
