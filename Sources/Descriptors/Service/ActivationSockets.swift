// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SystemPackage

/// Descriptors that the process that started this one left for it: sd_listen_fds(3).
public enum ActivationSockets {
    /// The number of the first.
    public static let firstNumber: CInt = 3

    /// One of them.
    public struct Entry: Sendable {
        public let descriptor: HeldDescriptor
        /// From `LISTEN_FDNAMES`; `unknown` where it says nothing.
        public let name: String

        public init(descriptor: HeldDescriptor, name: String) {
            self.descriptor = descriptor
            self.name = name
        }
    }

    /// Takes the descriptors over, makes them close-on-exec, and removes `LISTEN_FDS`, `LISTEN_PID`, `LISTEN_FDNAMES`
    /// and `LISTEN_PIDFDID` from the environment, so that no child takes them for its own.
    ///
    /// Once, early, while there is one thread. Empty if `LISTEN_PID` or `LISTEN_PIDFDID` names another process, or
    /// nobody.
    /// - Throws: `EBADMSG` for variables that are not what sd_listen_fds(3) says, `EBADF` for a number that is not
    ///   open.
    public static func take() throws(Errno) -> [Entry] {
        try take(from: firstNumber)
    }

    /// Tests begin elsewhere: the low numbers of a test process are not theirs.
    static func take(from firstNumber: CInt) throws(Errno) -> [Entry] {
        let names = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_PIDFDID"]
        let environment = ChildProcess.currentEnvironment
        for name in names { unsetenv(name) }
        let declared = try declaration(in: environment, pid: getpid()) { () throws(Errno) in
            try ProcessDescriptor.inode(of: ProcessDescriptor.open(getpid()))
        }
        let moved = firstNumber - Self.firstNumber
        // Nobody owns them before all are known to be open: what is not could be somebody's tomorrow.
        for (number, _) in declared { try SystemCall.retrying { fcntl(number + moved, F_SETFD, FD_CLOEXEC) } }
        return declared.map { Entry(descriptor: HeldDescriptor(OwnedDescriptor(adopting: $0 + moved)), name: $1) }
    }

    /// What an environment says about the process `pid`: numbers and names.
    ///
    /// - Parameter inode: finds the process's ``ProcessDescriptor/inode(of:)``, if the environment names one.
    public static func declaration(
        in environment: [String], pid: Int32, inode: () throws(Errno) -> UInt64? = { nil }
    ) throws(Errno) -> [(number: CInt, name: String)] {
        guard let pidText = environment.value(of: "LISTEN_PID") else { return [] }
        guard let declaredPID = Int32(pidText), declaredPID > 0 else { throw .badMessage }
        guard declaredPID == pid else { return [] }
        if let inodeText = environment.value(of: "LISTEN_PIDFDID") {
            guard let declaredInode = UInt64(inodeText) else { throw .badMessage }
            // A kernel that cannot say leaves the pid to decide.
            if let inode = try inode(), inode != declaredInode { return [] }
        }
        guard let countText = environment.value(of: "LISTEN_FDS") else { return [] }
        guard let count = CInt(countText), count >= 0, count <= 1 << 20 else { throw .badMessage }
        let names = environment.value(of: "LISTEN_FDNAMES").map {
            $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
        if let names, names.count != count, !(count == 0 && names == [""]) { throw .badMessage }
        return (0..<count).map { (firstNumber + $0, names?[Int($0)] ?? "unknown") }
    }
}
