// SPDX-License-Identifier: Apache-2.0

import Descriptors
import OpenerWire
import SystemPackage

extension PathOpener {
    /// Has a queue tell when a path comes to lead elsewhere, or what it leads to is written.
    ///
    /// Only where the kernel hears of every change: what lies on a file system that somebody else serves changes without it.
    /// Where it fails, some watches may be there; they may also be another path's, so that none is ended here.
    /// - Returns: the numbers of the watches, each once.
    func watch(
        _ request: WatchPath, in queue: borrowing some Descriptor & ~Copyable
    ) throws(OpenerFailure) -> [Int32] {
        let path = try roots.locate(request.path, othersMayWrite: request.othersMayWrite)
        var watches: [Int32] = []
        func add(_ file: borrowing OwnedDescriptor, _ kinds: FileChanges.Kinds) throws(Errno) {
            let watch = try FileChanges.watch(file, for: kinds, in: queue)
            if !watches.contains(watch) { watches.append(watch) }
            guard watches.count <= WireForm.mostWatches else { throw .tooManySymbolicLinkLevels }
        }
        let place = try path.resolve(followingLast: !request.noFollow) { found, kind throws(Errno) in
            switch kind {
            case .directory: try add(found, .directoryPlace)
            case .symbolicLink: try add(found, .place)
            case .regular, .fifo, .socket, .characterDevice, .blockDevice, .anonymous: break
            }
        }
        try protected.check(place, writing: false)
        return try OpenerFailure.reporting { () throws(Errno) in
            let type = try DescriptorStatus.filesystemType(of: place)
            guard !ServedFileSystem.magicNumbers.contains(type) else { throw .notSupported }
            try add(place, request.contents ? [.place, .contents] : .place)
            return watches
        }
    }
}

/// File systems whose files change without this kernel's doing it: at a server, or in a program.
enum ServedFileSystem {
    /// By the magic numbers of statfs(2): FUSE, NFS, CIFS, SMB2, SMB, Ceph, 9P, AFS (of the kernel), OCFS2, GFS2, Lustre.
    static let magicNumbers: Set<Int64> = [
        0x6573_5546, 0x6969, 0xFF53_4D42, 0xFE53_4D42, 0x517B, 0x00C3_6400, 0x0102_1997, 0x6B41_4653, 0x7461_636F,
        0x0116_1970, 0x0BD0_0BD0,
    ]
}
