// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
package import SystemPackage

/// What happens to files, as inotify(7) tells of it.
///
/// Watched is an inode, whatever its names are: of a path that is every link and directory on the way, and what lies at its end.
/// Whatever leads it elsewhere takes one of these from its place, by a rename over it, or by moving or deleting it.
package enum FileChanges {
    /// What a watch tells of.
    package struct Kinds: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        /// Its place: it was moved, deleted, or another was renamed over it (which takes a name from it).
        package static let place = Kinds(rawValue: LINUX_IN_ATTRIB | LINUX_IN_MOVE_SELF | LINUX_IN_DELETE_SELF)
        /// That of a directory: of what lies within it the same events come, and are not wanted.
        package static let directoryPlace = Kinds(rawValue: LINUX_IN_MOVE_SELF | LINUX_IN_DELETE_SELF)
        /// Somebody who could write to it has closed it.
        package static let contents = Kinds(rawValue: LINUX_IN_CLOSE_WRITE)
    }

    package enum Event: Equatable, Sendable {
        /// Something that was asked for has happened to what this watch is about.
        case happened(watch: Int32)
        /// The watch is over, since its inode is.
        case ended(watch: Int32)
        /// Events were lost.
        case lost
    }

    /// An empty queue, non-blocking: readable when there are events.
    package static func makeQueue() throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(adopting: try SystemCall.retrying { linux_inotify_create() })
    }

    /// Watches an inode, also with `O_PATH` alone. Can hang on a file system that somebody else serves.
    /// - Returns: the number of the watch, the same for the same inode.
    /// - Throws: `EACCES` where the file cannot be read, `ENOSPC` at the queue's user's limit, `EINVAL` for what is no queue.
    package static func watch(
        _ file: borrowing some Descriptor & ~Copyable, for kinds: Kinds, in queue: borrowing some Descriptor & ~Copyable
    ) throws(Errno) -> Int32 {
        try queue.withUnsafeNumber { queue throws(Errno) in
            try SystemCall.retrying(on: file) { linux_inotify_add(queue, $0, kinds.rawValue) }
        }
    }

    /// Ends a watch. One that is over already is no error.
    package static func end(_ watch: Int32, in queue: borrowing some Descriptor & ~Copyable) {
        _ = queue.withUnsafeNumber { linux_inotify_remove($0, watch) }
    }

    /// What has happened, as far as it fits into `room` bytes; none when nothing has.
    package static func events(
        in queue: borrowing some Descriptor & ~Copyable, room: Int = 64 << 10
    ) throws(Errno) -> [Event] {
        try withUnsafeTemporaryAllocation(byteCount: room, alignment: 8) { buffer throws(Errno) -> [Event] in
            let count: Int
            do throws(Errno) {
                count = try queue.read(into: buffer)
            } catch .resourceTemporarilyUnavailable {
                return []
            }
            var events: [Event] = []
            var place = 0
            // struct inotify_event: watch, mask, cookie, and the length of the name behind it.
            while place + 16 <= count {
                let watch = buffer.loadUnaligned(fromByteOffset: place, as: Int32.self)
                let mask = buffer.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self)
                place += 16 + Int(buffer.loadUnaligned(fromByteOffset: place + 12, as: UInt32.self))
                if mask & LINUX_IN_Q_OVERFLOW != 0 {
                    events.append(.lost)
                } else {
                    events.append(mask & LINUX_IN_IGNORED != 0 ? .ended(watch: watch) : .happened(watch: watch))
                }
            }
            return events
        }
    }
}
