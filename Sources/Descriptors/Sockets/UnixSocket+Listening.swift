// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import SystemPackage

extension UnixSocket {
    /// What lies at the path of a socket.
    public enum PathState: Equatable, Sendable {
        /// Nothing.
        case absent
        /// A socket whose owner is gone: it can be removed.
        case stale
        /// A socket that somebody serves.
        case live
        /// Something that is no socket, and not to be touched.
        case occupied
    }

    /// Looks whether somebody serves the socket at `path`, by connecting to it and hanging up.
    ///
    /// - Throws: what keeps the question from being answered, such as `EACCES`.
    public static func state(ofPath path: FilePath, type: SocketType = .stream) throws(Errno) -> PathState {
        do throws(Errno) {
            guard try FileStatus(ofPath: path, followingLinks: false).kind == .socket else { return .occupied }
            _ = try connect(to: .path(path), type: type, nonBlocking: true)
            return .live
        } catch .connectionRefused {
            return .stale
        } catch .noSuchFileOrDirectory {
            return .absent
        } catch .resourceTemporarilyUnavailable {
            return .live
        } catch .protocolWrongTypeForSocket {
            return .live
        }
    }

    /// A socket bound to `address`; one with a path has exactly the permissions of `mode`.
    ///
    /// The path has its permissions when it appears: `fchmod(2)` before `bind(2)`. What the umask then took away is
    /// given back afterwards, so at no time is it open to more than `mode` says. The caller removes the path.
    /// - Parameter passSender: whether each message says who sent it, `SO_PASSCRED` and (6.5) `SO_PASSPIDFD`, from the first on.
    /// - Throws: `EADDRINUSE` if the path exists, even when nobody serves it: see ``state(ofPath:type:)``.
    public static func bind(
        to address: UnixAddress, type: SocketType, mode: UInt32 = 0o600, nonBlocking: Bool = false,
        passSender: Bool = false
    ) throws(Errno) -> OwnedDescriptor {
        precondition(mode & ~0o777 == 0, "only permissions")
        let socket = try make(type, nonBlocking: nonBlocking)
        if passSender {
            try SocketOption.setPassCredentials(true, on: socket)
            try SocketOption.setPassProcessDescriptors(true, on: socket)
        }
        if case .path = address { try SystemCall.retrying(on: socket) { fchmod($0, mode_t(mode)) } }
        try address.withSocketAddress { name, length throws(Errno) in
            _ = try SystemCall.retrying(on: socket) { Glibc.bind($0, name, length) }
        }
        if case .path(let path) = address {
            do {
                try restorePermissions(mode, of: path)
            } catch {
                _ = path.withPlatformString { unlink($0) }
                throw error
            }
        }
        return socket
    }

    /// A listening socket, bound as ``bind(to:type:mode:nonBlocking:)`` does it.
    ///
    /// - Parameter passCredentials: set `SO_PASSCRED`, which accepted sockets inherit, before the first connection.
    public static func listen(
        at address: UnixAddress, type: SocketType = .stream, mode: UInt32 = 0o600, backlog: CInt = 4096,
        passCredentials: Bool = false, nonBlocking: Bool = true
    ) throws(Errno) -> OwnedDescriptor {
        let socket = try bind(to: address, type: type, mode: mode, nonBlocking: nonBlocking)
        do throws(Errno) {
            if passCredentials { try SocketOption.setPassCredentials(true, on: socket) }
            try SystemCall.retrying(on: socket) { Glibc.listen($0, backlog) }
        } catch {
            if case .path(let path) = address { try? remove(path) }
            throw error
        }
        return socket
    }

    /// Removes the path of a socket, and nothing that is not a socket.
    ///
    /// - Throws: `ENOTSOCK` for anything else, `ENOENT`, and what unlink(2) says.
    public static func remove(_ path: FilePath) throws(Errno) {
        guard try FileStatus(ofPath: path, followingLinks: false).kind == .socket else { throw .notSocket }
        try SystemCall.retrying { path.withPlatformString { unlink($0) } }
    }

    /// Through a descriptor of the path itself: chmod(2) would follow a link that somebody put there meanwhile.
    private static func restorePermissions(_ mode: UInt32, of path: FilePath) throws(Errno) {
        let flags = linux_o_path | O_NOFOLLOW | O_CLOEXEC
        let node = OwnedDescriptor(
            adopting: try SystemCall.retrying { path.withPlatformString { Glibc.open($0, flags) } })
        let status = try FileStatus(of: node)
        guard status.kind == .socket, status.uid == geteuid() else { throw .addressInUse }
        if status.permissions == mode { return }
        try SystemCall.retrying(on: node) { chmod("/proc/self/fd/\($0)", mode_t(mode)) }
    }
}

/// A descriptor kept aside, so that a server which has no number left can still take a connection and hang up.
///
/// Without it a level-triggered loop spins on `EMFILE`: the connection stays in the backlog and the listener readable.
public struct DescriptorReserve: ~Copyable, Sendable {
    private var spare: OwnedDescriptor?

    /// Where no number is left already, one is kept aside as soon as there is one again.
    public init() {
        spare = Self.makeSpare()
    }

    /// After `EMFILE` or `ENFILE` from an accept: gives the spare number up for a moment, takes the next connection and
    /// closes it.
    ///
    /// - Returns: false if there was no connection, or no number for it even so: then the listener has to rest for a
    ///   while.
    public mutating func turnAwayOne(from listener: borrowing some Descriptor & ~Copyable) -> Bool {
        spare = nil
        var isDone = false
        if let connection = try? UnixSocket.accept(on: listener, ofStranger: true) {
            isDone = true
            _ = consume connection
        }
        // Another thread may have been quicker; then the next turn tries again.
        spare = Self.makeSpare()
        return isDone
    }

    private static func makeSpare() -> OwnedDescriptor? {
        try? OwnedDescriptor.open("/dev/null")
    }
}
