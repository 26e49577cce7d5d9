// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import Processes
import SystemPackage

/// One line of `/proc/self/mountinfo`. Paths are bytes: a file system need not speak UTF-8.
struct Mount: Equatable {
    let id: Int
    /// `major:minor` of the file system.
    let device: [UInt8]
    /// Which directory of the file system is mounted: `/`, or another for a bind mount.
    let root: [UInt8]
    /// Where, as seen from this process's root.
    let point: [UInt8]
    /// The type of the file system, such as `ext4`.
    let type: String
}

/// What is mounted where (proc_pid_mountinfo(5)). To read it asks no file system.
struct MountTable {
    private let text: [UInt8]

    static func read() throws(Errno) -> MountTable {
        let file = try OwnedDescriptor.open("/proc/self/mountinfo")
        return MountTable(text: try file.readAll(limit: 1 << 26))
    }

    init(text: [UInt8]) { self.text = text }

    /// The mount that has this id. A host can have thousands, so only its own line is taken apart.
    subscript(id: Int) -> Mount? {
        let start = Array("\(id) ".utf8)
        return lines.first { $0.starts(with: start) }.flatMap { Mount(parsing: $0) }
    }

    /// All of them; of several on one point the last hides the others.
    var all: some Sequence<Mount> { lines.lazy.compactMap { Mount(parsing: $0) } }

    /// Some mount of the file system that has this device number; `major:minor`.
    func mount(ofDevice device: String) -> Mount? {
        let device = Array(device.utf8)
        for line in lines {
            if let mount = Mount(parsing: line), mount.device == device { return mount }
        }
        return nil
    }

    /// The mount whose point is the longest that contains `path`, which may not exist: what lies at the end of links is
    /// not seen.
    func mount(containing path: [UInt8]) -> Mount? {
        var found: Mount?
        for line in lines {
            guard let mount = Mount(parsing: line), PathBytes.contains(mount.point, path) else { continue }
            // Of several on one point the last hides the others.
            if let best = found, best.point.count > mount.point.count { continue }
            found = mount
        }
        return found
    }

    private var lines: some Sequence<ArraySlice<UInt8>> {
        sequence(state: text[...]) { rest -> ArraySlice<UInt8>? in
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            defer { rest = rest[(end + 1)...] }
            return rest[..<end]
        }
    }
}

extension Mount {
    init?(parsing line: ArraySlice<UInt8>) {
        let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
        guard fields.count >= 5, let id = Int(String(decoding: fields[0], as: UTF8.self)) else { return nil }
        self.id = id
        device = Array(fields[2])
        root = Self.unescape(fields[3])
        point = Self.unescape(fields[4])
        // Options come first, and any number of optional fields; a dash ends them.
        let rest = fields.count > 5 ? fields[5].split(separator: UInt8(ascii: " ")) : []
        let dash = rest.firstIndex { $0.elementsEqual("-".utf8) }
        type =
            dash.map { rest.index(after: $0) }.flatMap { $0 < rest.endIndex ? rest[$0] : nil }
            .map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// The kernel writes blanks, tabs, newlines and backslashes as `\` and three octal digits.
    private static func unescape(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var rest = text
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                result.append(value)
                rest = rest.dropFirst(3)
            } else {
                result.append(byte)
            }
        }
        return result
    }
}

/// Absolute paths as bytes.
enum PathBytes {
    private static let slash = UInt8(ascii: "/")

    /// Whether `path` is `directory` or lies beneath it, component by component.
    static func contains(_ directory: [UInt8], _ path: [UInt8]) -> Bool {
        guard path.starts(with: directory) else { return false }
        return path.count == directory.count || directory == [slash] || path[directory.count] == slash
    }

    /// What is left of `path` beneath `directory`, which contains it: empty, or with a slash before it.
    static func remainder(of path: [UInt8], beneath directory: [UInt8]) -> ArraySlice<UInt8> {
        directory == [slash] ? (path == [slash] ? [] : path[...]) : path[directory.count...]
    }

    static func join(_ directory: [UInt8], _ rest: ArraySlice<UInt8>) -> [UInt8] {
        if rest.isEmpty { return directory }
        return directory == [slash] ? Array(rest) : directory + rest
    }
}

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
        path = try DescriptorStatus.place(of: descriptor)
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
