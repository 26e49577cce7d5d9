// SPDX-License-Identifier: Apache-2.0

/// How a reader sees files: what the paths of other processes are compared with.
struct MountView: Sendable {
    /// The inode number of the reader's mount namespace; nil when it cannot be told.
    let namespace: UInt64?

    /// Whether the reader may look up a path, which can wait for a file system for as long as that likes. The opener may,
    /// in a worker that is given up then; a loop may not.
    let mayLookUp: Bool
}
