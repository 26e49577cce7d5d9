// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Processes
import SystemPackage

/// Where a file lies, in a way that no link and no bind mount can disguise: the file system, and the path within it.
struct FileLocation: Equatable {
    /// `major:minor`.
    let filesystem: [UInt8]
    /// From the root of the file system itself, whatever part of it is mounted where.
    let pathInFilesystem: [UInt8]
    /// From this process's root.
    let path: [UInt8]

    /// Of an open descriptor, which may be an `O_PATH` one. Asks no file system.
    ///
    /// - Throws: `EXDEV` for what has no place in this process's mounts.
    init(of descriptor: borrowing some Descriptor & ~Copyable, mounts: MountTable) throws(Errno) {
        try self.init(of: descriptor, mountID: DescriptorInformation(of: descriptor).mountID, mounts: mounts)
    }

    /// Of a descriptor whose mount is known; the mount of a descriptor stays the same.
    init(
        of descriptor: borrowing some Descriptor & ~Copyable, mountID: Int, mounts: MountTable
    ) throws(Errno) {
        path = try descriptor.withUnsafeNumber { number throws(Errno) in
            try FilePath("/proc/self/fd/\(number)").linkTarget()
        }
        guard let mount = mounts[mountID], PathBytes.contains(mount.point, path) else { throw .improperLink }
        filesystem = mount.device
        pathInFilesystem = PathBytes.join(mount.root, PathBytes.remainder(of: path, beneath: mount.point))
    }

    private init(filesystem: [UInt8], pathInFilesystem: [UInt8], path: [UInt8]) {
        self.filesystem = filesystem
        self.pathInFilesystem = pathInFilesystem
        self.path = path
    }

    /// Of an entry of this directory.
    func appending(_ name: String) -> FileLocation {
        let entry = Array("/\(name)".utf8)[...]
        return FileLocation(
            filesystem: filesystem, pathInFilesystem: PathBytes.join(pathInFilesystem, entry),
            path: PathBytes.join(path, entry))
    }

    /// Whether this is `other` or lies beneath it, by either way of telling.
    func isWithin(_ other: FileLocation) -> Bool {
        PathBytes.contains(other.path, path)
            || filesystem == other.filesystem && PathBytes.contains(other.pathInFilesystem, pathInFilesystem)
    }

    /// Whether this lies at or beneath an absolute path.
    func isWithin(path directory: String) -> Bool {
        PathBytes.contains(Array(directory.utf8), path)
    }
}
