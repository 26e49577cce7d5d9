// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage

/// `/proc/PID` of one process, held open: what is read through it is about that process or fails with `ESRCH`, whoever
/// has the pid by then.
struct ProcessDirectory: ~Copyable {
    private let directory: OwnedDescriptor

    /// Opens the directory and then sees that the process of `pidfd` is still there, so that `pid` was its own when the
    /// directory was opened.
    ///
    /// - Throws: `ESRCH` when the process has ended; `ENOENT` or `EACCES` where `/proc` hides it.
    init(pid: Int32, pinnedBy pidfd: borrowing some Descriptor & ~Copyable) throws(Errno) {
        directory = try Self.open(pid: pid, pinnedBy: pidfd)
    }

    private static func open(pid: Int32, pinnedBy pidfd: borrowing some Descriptor & ~Copyable) throws(Errno)
        -> OwnedDescriptor
    {
        let directory: OwnedDescriptor
        do {
            directory = try OwnedDescriptor.open(FilePath("/proc/\(pid)"), flags: O_DIRECTORY | O_RDONLY | O_NOFOLLOW)
        } catch {
            throw try ProcessDescriptor.isAlive(pidfd) ? error : .noSuchProcess
        }
        guard try ProcessDescriptor.isAlive(pidfd) else { throw .noSuchProcess }
        return directory
    }

    /// Everything of `kinds` that can be read; the rest is unknown, with the reason.
    ///
    /// - Parameter mounts: as which the path of the executable is to be true.
    func facts(_ kinds: ProcessFactKinds, in mounts: MountView) -> ProcessFacts {
        var facts = ProcessFacts()
        if kinds.contains(.cgroup) { facts.cgroup = cgroup() }
        if kinds.contains(.loginUID) { facts.loginUID = number("loginuid") }
        if kinds.contains(.session) { facts.session = number("sessionid") }
        if kinds.contains(.namespaces) { facts.namespaces = namespaces() }
        if kinds.contains(.executable) { facts.executable = executable(in: mounts) }
        if kinds.contains(.groups) { facts.groups = allGroups() }
        if kinds.contains(.namespaceOwner) { facts.namespaceOwner = namespaceOwner() }
        return facts
    }

    /// By the map of group ids, which all may read: one that the process made for itself cannot map all ids as ours does.
    private func allGroups() -> ReadFact<AllGroups> {
        reading("gid_map", Self.allGroups(by:))
    }

    private static func allGroups(by map: [UInt8]) -> ReadFact<AllGroups> {
        map == UserNamespace.ownGroupMap ? .known(AllGroups()) : .unknown(.otherUserNamespace)
    }

    private func namespaceOwner() -> ReadFact<UInt32?> {
        switch allGroups() {
        case .unknown(let why) where why != .otherUserNamespace: return .unknown(why)
        case .known: return .known(nil)
        case .notRead, .unknown: break
        }
        do {
            return .known(try UserNamespace.owner(of: OwnedDescriptor.open("ns/user", in: directory)))
        } catch {
            return .unknown(FactProblem(errno: error.rawValue))
        }
    }

    func cgroup() -> ReadFact<String> {
        reading("cgroup") { bytes in
            Self.cgroup(in: bytes)
        }
    }

    /// The path in the `0::` line. It is looked at byte by byte: whoever may make groups chooses their names, and a name
    /// that begins with a combining mark must not hide the slash before it.
    static func cgroup(in bytes: [UInt8]) -> ReadFact<String> {
        let prefix = Array("0::".utf8)
        guard let line = bytes.split(separator: UInt8(ascii: "\n")).first(where: { $0.starts(with: prefix) }) else {
            return .unknown(.noUnifiedHierarchy)
        }
        let path = line.dropFirst(prefix.count)
        guard path.first == UInt8(ascii: "/"), path.count <= ProcessFacts.textLimit else { return .unknown(.malformed) }
        if path.elementsEqual("/..".utf8) || path.starts(with: "/../".utf8) { return .unknown(.outsideNamespace) }
        // So the kernel ends the path of a group that was removed. A group can be called so as well, by whoever may make
        // groups: then it is as unknown.
        if Self.isMarkedDeleted(path) { return .unknown(.groupGone) }
        guard let text = String(validating: path, as: UTF8.self) else { return .unknown(.notText) }
        return .known(text)
    }

    /// Whether a path ends as the kernel ends that of something that has no name any more.
    static func isMarkedDeleted(_ path: some BidirectionalCollection<UInt8>) -> Bool {
        path.reversed().starts(with: " (deleted)".utf8.reversed())
    }

    /// `loginuid` or `sessionid`, where all bits set means that there is none.
    private func number(_ name: String) -> ReadFact<UInt32?> { reading(name, Self.number(in:)) }

    static func number(in bytes: [UInt8]) -> ReadFact<UInt32?> {
        guard let number = decimal(bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UInt32.self) else {
            return .unknown(.malformed)
        }
        return .known(number == UInt32.max ? nil : number)
    }

    /// Digits and nothing else; nil for a number that does not fit, too.
    private static func decimal<Value: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>, as type: Value.Type) -> Value? {
        guard bytes.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Value(String(decoding: bytes, as: UTF8.self))
    }

    /// The login and whether the groups are all, in fewer calls: the files are opened by their paths, and the process is seen to be
    /// there still, so that they are its own.
    ///
    /// - Throws: `ESRCH` when the process has ended.
    static func quickFacts(
        _ kinds: ProcessFactKinds, pid: Int32, pinnedBy pidfd: borrowing some Descriptor & ~Copyable
    ) throws(Errno) -> ProcessFacts {
        var facts = ProcessFacts()
        // At most ten digits.
        if kinds.contains(.loginUID) { facts.loginUID = quick("loginuid", pid: pid, limit: 16, number(in:)) }
        // Ours is shorter, so what is cut is not equal to it.
        if kinds.contains(.groups) { facts.groups = quick("gid_map", pid: pid, limit: 4096, allGroups(by:)) }
        guard try ProcessDescriptor.isAlive(pidfd) else { throw .noSuchProcess }
        return facts
    }

    /// One read.
    private static func quick<Value>(
        _ name: String, pid: Int32, limit: Int, _ parse: ([UInt8]) -> ReadFact<Value>
    ) -> ReadFact<Value> {
        do {
            return parse(
                try OwnedDescriptor.open(FilePath("/proc/\(pid)/\(name)"), flags: O_RDONLY | O_NOFOLLOW)
                    .readPrefix(limit))
        } catch {
            return .unknown(FactProblem(errno: error.rawValue))
        }
    }

    func namespaces() -> ReadFact<NamespaceFacts> {
        do {
            let pid = try Self.namespaceNumber(try link("ns/pid"), kind: "pid")
            let user = try Self.namespaceNumber(try link("ns/user"), kind: "user")
            guard let pid, let user else { return .unknown(.malformed) }
            return .known(NamespaceFacts(pid: pid, user: user))
        } catch {
            return .unknown(FactProblem(errno: error.rawValue))
        }
    }

    /// The number in a link such as `pid:[4026531836]`.
    static func namespaceNumber(_ link: [UInt8], kind: String) throws(Errno) -> UInt64? {
        let prefix = "\(kind):[".utf8
        guard link.starts(with: prefix), link.last == UInt8(ascii: "]") else { return nil }
        return decimal(link.dropFirst(prefix.count).dropLast(), as: UInt64.self)
    }

    /// The file that the process executes, if its path means that very file to the reader too. What the process itself
    /// can bring about is no fact: that the file is gone, or that mounts of its own give it a path that is another's.
    private func executable(in mounts: MountView) -> ReadFact<ExecutableFacts> {
        do {
            let link = try link("exe")
            if Self.isMarkedDeleted(link) { return .unknown(.fileGone) }
            guard let path = String(validating: link, as: UTF8.self) else { return .unknown(.notText) }
            var file = linux_file_facts()
            // On a file system in user space a stat could wait for ever for a server that the peer itself may run.
            try SystemCall.retrying(on: directory) { linux_statx($0, "exe", CInt(LINUX_AT_STATX_DONT_SYNC), &file) }
            let known = ReadFact.known(ExecutableFacts(path: path, device: file.device, inode: file.inode))
            if let own = mounts.namespace, try mountNamespace() == own { return known }
            guard mounts.mayLookUp else { return .unknown(.otherMounts) }
            var here = linux_file_facts()
            let isThere = try? SystemCall.retrying {
                linux_statx(AT_FDCWD, path, CInt(LINUX_AT_STATX_DONT_SYNC), &here)
            }
            guard isThere != nil, here.device == file.device, here.inode == file.inode else {
                return .unknown(.notThatFile)
            }
            return known
        } catch {
            return .unknown(FactProblem(errno: error.rawValue))
        }
    }

    /// The inode number of its mount namespace; nil for a link of another form.
    func mountNamespace() throws(Errno) -> UInt64? {
        try Self.namespaceNumber(try link("ns/mnt"), kind: "mnt")
    }

    /// What the link `exe` names, without opening it. Needs the right to trace the process.
    func locateExecutable() throws(Errno) -> OwnedDescriptor {
        try OwnedDescriptor.open("exe", flags: CInt(LINUX_O_PATH), in: directory)
    }

    /// The effective ids, from `status`.
    func effectiveIDs() throws(Errno) -> (uid: UInt32, gid: UInt32) {
        guard let ids = Self.effectiveIDs(in: try contents("status")) else { throw .invalidArgument }
        return ids
    }

    /// By bytes, as with `stat`: what a process calls itself stands before them.
    static func effectiveIDs(in bytes: [UInt8]) -> (uid: UInt32, gid: UInt32)? {
        var uid: UInt32?
        var gid: UInt32?
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            // Four columns: real, effective, saved, of the file system.
            if line.starts(with: "Uid:".utf8) { uid = secondColumn(line.dropFirst(4)) }
            if line.starts(with: "Gid:".utf8) { gid = secondColumn(line.dropFirst(4)) }
        }
        guard let uid, let gid else { return nil }
        return (uid, gid)
    }

    /// When the process started, in clock ticks since the boot: the 22nd field of `stat`.
    func startTicks() throws(Errno) -> UInt64 {
        guard let ticks = Self.startTicks(in: try contents("stat")) else { throw .invalidArgument }
        return ticks
    }

    static func startTicks(in bytes: [UInt8]) -> UInt64? {
        // The second field is the name in parentheses, and may hold blanks, parentheses, and a mark that would make
        // another character of the last one.
        guard let end = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[end...].split(separator: UInt8(ascii: " "))
        return fields.count > 20 ? decimal(fields[20], as: UInt64.self) : nil
    }

    private static func secondColumn(_ columns: ArraySlice<UInt8>) -> UInt32? {
        let columns = columns.split(separator: UInt8(ascii: "\t"))
        return columns.count == 4 ? decimal(columns[1], as: UInt32.self) : nil
    }

    private func reading<Value>(_ name: String, _ parse: ([UInt8]) -> ReadFact<Value>) -> ReadFact<Value> {
        do {
            return parse(try contents(name))
        } catch {
            return .unknown(FactProblem(errno: error.rawValue))
        }
    }

    private func contents(_ name: String) throws(Errno) -> [UInt8] {
        let file = try OwnedDescriptor.open(FilePath(name), flags: O_RDONLY | O_NOFOLLOW, in: directory)
        return try file.readAll(limit: 1 << 16)
    }

    private func link(_ name: String) throws(Errno) -> [UInt8] {
        try FilePath(name).linkTarget(in: directory)
    }
}

/// How a reader sees files: what the paths of other processes are compared with.
struct MountView: Sendable {
    /// The inode number of the reader's mount namespace; nil when it cannot be told.
    let namespace: UInt64?

    /// Whether the reader may look up a path, which can wait for a file system for as long as that likes. The opener may,
    /// in a worker that is given up then; a loop may not.
    let mayLookUp: Bool
}
