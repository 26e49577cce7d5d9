// SPDX-License-Identifier: Apache-2.0

/// The size of the log and the RFC 6962 root over all of it.
package struct TreeState: Sendable, Hashable {
    package var size: UInt64
    /// 32 bytes.
    package var root: [UInt8]

    package init(size: UInt64, root: [UInt8]) {
        self.size = size
        self.root = root
    }
}
