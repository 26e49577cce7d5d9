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

    /// Why the descriptors cannot be taken over.
    public enum Problem: Error, Equatable, CustomStringConvertible {
        /// A variable has a value that sd_listen_fds(3) does not allow, and what it does.
        case variable(name: String, value: String, expected: String)
        /// A number that `LISTEN_FDS` counts is not open, or was opened by this process itself.
        case notOpen(CInt)
        /// What the operating system said of this process.
        case system(Errno)

        public var description: String {
            switch self {
            case .variable(let name, let value, let expected): "\(name) is '\(value)', and not \(expected)"
            case .notOpen(let number): "LISTEN_FDS counts descriptor \(number), which nobody left open for this process"
            case .system(let error): error.description
            }
        }
    }

    /// Takes the descriptors over, makes them close-on-exec, and removes `LISTEN_FDS`, `LISTEN_PID`, `LISTEN_FDNAMES`
    /// and `LISTEN_PIDFDID` from the environment, so that no child takes them for its own.
    ///
    /// Once, early, while there is one thread. Empty if `LISTEN_PID` or `LISTEN_PIDFDID` names another process, or
    /// nobody.
    /// - Parameter isForeign: whether what has this name was passed by a stranger once, so that it is closed where that may
    ///   hang: ``ForeignDescriptors``.
    /// - Throws: for variables that are not what sd_listen_fds(3) says, and for a number that is not open: nothing was
    ///   taken over then.
    public static func take(isForeign: (_ name: String) -> Bool = { _ in false }) throws(Problem) -> [Entry] {
        try take(from: firstNumber, isForeign)
    }

    /// Tests begin elsewhere: the low numbers of a test process are not theirs.
    static func take(
        from firstNumber: CInt, _ isForeign: (_ name: String) -> Bool = { _ in false }
    ) throws(Problem) -> [Entry] {
        let names = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_PIDFDID"]
        let environment = ChildProcess.currentEnvironment
        for name in names { unsetenv(name) }
        let declared = try declaration(in: environment, pid: getpid()) { () throws(Errno) in
            try ProcessDescriptor.inode(of: ProcessDescriptor.open(getpid()))
        }
        let moved = firstNumber - Self.firstNumber
        // Nobody owns them before all are known to be open: what is not could be somebody's tomorrow.
        for (number, _) in declared {
            let flags = fcntl(number + moved, F_GETFD)
            guard flags >= 0, flags & FD_CLOEXEC == 0, fcntl(number + moved, F_SETFD, FD_CLOEXEC) == 0 else {
                throw .notOpen(number)
            }
        }
        return declared.map { number, name in
            let descriptor = OwnedDescriptor(adopting: number + moved, isForeign: isForeign(name))
            return Entry(descriptor: HeldDescriptor(descriptor), name: name)
        }
    }

    /// The most that are counted.
    private static let limit = 1 << 20

    /// What an environment says about the process `pid`: numbers and names.
    ///
    /// - Parameter inode: finds the process's ``ProcessDescriptor/inode(of:)``, if the environment names one.
    /// - Throws: for a variable that is not what sd_listen_fds(3) says; what `inode` throws.
    public static func declaration(
        in environment: [String], pid: Int32, inode: () throws(Errno) -> UInt64? = { nil }
    ) throws(Problem) -> [(number: CInt, name: String)] {
        func number<Value: FixedWidthInteger>(_ name: String, _ range: ClosedRange<Value>) throws(Problem) -> Value? {
            guard let text = environment.value(of: name) else { return nil }
            guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Value(text), range.contains(number)
            else {
                throw .variable(
                    name: name, value: text, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
        guard try number("LISTEN_PID", 1...Int32.max) == pid else { return [] }
        if let declaredInode = try number("LISTEN_PIDFDID", 0...UInt64.max) {
            // A kernel that cannot say leaves the pid to decide.
            let found: UInt64?
            do throws(Errno) { found = try inode() } catch { throw .system(error) }
            if let found, found != declaredInode { return [] }
        }
        guard let count = try number("LISTEN_FDS", 0...limit) else { return [] }
        let text = environment.value(of: "LISTEN_FDNAMES")
        let names = text?.unicodeScalars.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if let text, let names, names.count != count, !(count == 0 && text.isEmpty) {
            throw .variable(name: "LISTEN_FDNAMES", value: text, expected: "\(count) names with colons between them")
        }
        return (0..<count).map { (firstNumber + CInt($0), names?[$0] ?? "unknown") }
    }
}
