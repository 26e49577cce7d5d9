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
    init(pid: Int32, pinnedBy pidfd: CInt) throws(Errno) {
        directory = try Self.open(pid: pid, pinnedBy: pidfd)
    }

    private static func open(pid: Int32, pinnedBy pidfd: CInt) throws(Errno) -> OwnedDescriptor {
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
    func facts(_ kinds: ProcessFactKinds) -> ProcessFacts {
        var facts = ProcessFacts()
        if kinds.contains(.cgroup) { facts.cgroup = cgroup() }
        if kinds.contains(.loginUID) { facts.loginUID = number("loginuid") }
        if kinds.contains(.session) { facts.session = number("sessionid") }
        if kinds.contains(.namespaces) { facts.namespaces = namespaces() }
        if kinds.contains(.executable) { facts.executable = executable() }
        return facts
    }

    func cgroup() -> ReadFact<String> {
        reading("cgroup") { bytes in
            guard let text = String(validating: bytes, as: UTF8.self) else { return .unknown(.notText) }
            for line in text.split(separator: "\n") where line.hasPrefix("0::") {
                let path = line.dropFirst(3)
                guard path.hasPrefix("/") else { return .unknown(.malformed) }
                guard path != "/.." && !path.hasPrefix("/../") else { return .unknown(.outsideNamespace) }
                guard path.utf8.count <= ProcessFacts.textLimit else { return .unknown(.malformed) }
                return .known(String(path))
            }
            return .unknown(.noUnifiedHierarchy)
        }
    }

    /// `loginuid` or `sessionid`, where all bits set means that there is none.
    private func number(_ name: String) -> ReadFact<UInt32?> {
        reading(name) { bytes in
            let digits = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
            guard let number = UInt32(digits) else { return .unknown(.malformed) }
            return .known(number == UInt32.max ? nil : number)
        }
    }

    private func namespaces() -> ReadFact<NamespaceFacts> {
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
        let text = String(decoding: link, as: UTF8.self)
        guard text.hasPrefix("\(kind):["), text.hasSuffix("]") else { return nil }
        return UInt64(text.dropFirst(kind.count + 2).dropLast())
    }

    private func executable() -> ReadFact<ExecutableFacts> {
        do {
            guard let path = String(validating: try link("exe"), as: UTF8.self) else { return .unknown(.notText) }
            var file = linux_file_facts()
            // On a file system in user space a stat could wait for ever for a server that the peer itself may run.
            try SystemCall.retrying { linux_statx(directory.raw, "exe", CInt(LINUX_AT_STATX_DONT_SYNC), &file) }
            return .known(ExecutableFacts(path: path, device: file.device, inode: file.inode))
        } catch {
            return .unknown(FactProblem(errno: error.rawValue))
        }
    }

    /// What the link `exe` names, without opening it. Needs the right to trace the process.
    func locateExecutable() throws(Errno) -> OwnedDescriptor {
        try OwnedDescriptor.open("exe", flags: CInt(LINUX_O_PATH), in: directory.raw)
    }

    /// The effective ids, from `status`.
    func effectiveIDs() throws(Errno) -> (uid: UInt32, gid: UInt32) {
        let text = String(decoding: try contents("status"), as: UTF8.self)
        var uid: UInt32?
        var gid: UInt32?
        for line in text.split(separator: "\n") {
            // Four columns: real, effective, saved, of the file system.
            if line.hasPrefix("Uid:") { uid = Self.secondColumn(line.dropFirst(4)) }
            if line.hasPrefix("Gid:") { gid = Self.secondColumn(line.dropFirst(4)) }
        }
        guard let uid, let gid else { throw .invalidArgument }
        return (uid, gid)
    }

    /// When the process started, in clock ticks since the boot: the 22nd field of `stat`.
    func startTicks() throws(Errno) -> UInt64 {
        let text = String(decoding: try contents("stat"), as: UTF8.self)
        // The second field is the name in parentheses, and may hold both blanks and parentheses.
        guard let end = text.lastIndex(of: ")") else { throw .invalidArgument }
        let fields = text[end...].split(separator: " ")
        guard fields.count > 20, let ticks = UInt64(fields[20]) else { throw .invalidArgument }
        return ticks
    }

    private static func secondColumn(_ columns: Substring) -> UInt32? {
        let columns = columns.split(separator: "\t")
        return columns.count == 4 ? UInt32(columns[1]) : nil
    }

    private func reading<Value>(_ name: String, _ parse: ([UInt8]) -> ReadFact<Value>) -> ReadFact<Value> {
        do {
            return parse(try contents(name))
        } catch {
            return .unknown(FactProblem(errno: error.rawValue))
        }
    }

    private func contents(_ name: String) throws(Errno) -> [UInt8] {
        let file = try OwnedDescriptor.open(FilePath(name), flags: O_RDONLY | O_NOFOLLOW, in: directory.raw)
        return try file.readAll(limit: 1 << 16)
    }

    private func link(_ name: String) throws(Errno) -> [UInt8] {
        try SymbolicLink.target(of: name, in: directory.raw)
    }
}
