// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SystemPackage

/// `/proc/self/fdinfo/N`: what the kernel tells of a descriptor without asking its file system, so it never hangs.
public struct DescriptorInformation: Equatable, Sendable {
    /// The file offset.
    public let position: Int64
    /// Access mode, status flags and `O_CLOEXEC`.
    public let flags: CInt
    /// The mount, as in the first column of `/proc/self/mountinfo`; mounts of the kernel's own are not listed there.
    public let mountID: Int
    /// The inode (Linux 5.14).
    public let inode: UInt64?
    /// For a pidfd: the process, -1 after it was reaped, 0 if it is in no pid namespace that we see.
    public let pid: Int32?

    /// - Throws: `ENOENT` for what is not open, `EBADMSG` for a text that is not what proc(5) says.
    public init(of descriptor: borrowing some Descriptor & ~Copyable) throws(Errno) {
        let text = try descriptor.withUnsafeNumber { number throws(Errno) in
            // An epoll or inotify descriptor has a line for each watch; the fields come first.
            try OwnedDescriptor.open(FilePath("/proc/self/fdinfo/\(number)")).readPrefix(4096)
        }
        try self.init(text: text)
    }

    init(text: [UInt8]) throws(Errno) {
        var fields: [String: Substring] = [:]
        for line in String(decoding: text, as: UTF8.self).unicodeScalars.split(separator: "\n").map(Substring.init) {
            guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let value = line[line.utf8.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            if fields[String(line[..<colon])] == nil { fields[String(line[..<colon])] = value }
        }
        guard let position = fields["pos"].flatMap({ Int64($0) }),
            let flags = fields["flags"].flatMap({ CInt($0, radix: 8) }),
            let mountID = fields["mnt_id"].flatMap({ Int($0) })
        else { throw .badMessage }
        self.position = position
        self.flags = flags
        self.mountID = mountID
        inode = fields["ino"].flatMap { UInt64($0) }
        pid = fields["Pid"].flatMap { Int32($0) }
    }

    /// The access mode in ``flags``.
    public var accessMode: AccessMode { AccessMode(flags: flags) }
}
