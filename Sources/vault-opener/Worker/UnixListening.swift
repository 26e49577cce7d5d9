// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import OpenerWire
import SystemPackage

/// Makes bound Unix sockets, and listening ones, beneath the roots or in the abstract namespace.
///
/// The clients of a listening socket see the ids of the process that called listen(2), for as long as the socket lives.
/// So the process becomes that user first, and for ever: a worker that has done this is good for nothing else.
struct UnixListening {
    let opener: PathOpener

    func listen(_ request: UnixListener) throws(OpenerFailure) -> OwnedDescriptor {
        guard request.mode & ~0o777 == 0 else { throw OpenerFailure(.invalidArgument, .flagsRefused) }
        if let name = request.abstractName { return try listen(request, named: name) }
        let entry = try opener.roots.locate(request.path, othersMayWrite: true).resolveParent()
        let location = try opener.protected.check(entry)
        guard let path = String(validating: location.path, as: UTF8.self) else {
            throw OpenerFailure(.invalidArgument, .pathNotText)
        }
        try becomeOwner(request, directory: entry.directory)
        try removeStale(FilePath(path), entry, type: request.kind.socketType)
        do throws(Errno) {
            return try listen(request, at: FilePath(path), entry: entry)
        } catch .addressInUse {
            throw OpenerFailure(.addressInUse, .addressTaken)
        } catch .improperLink {
            throw OpenerFailure(.improperLink, .leavesRoot)
        } catch {
            throw OpenerFailure(error)
        }
    }

    /// In the abstract namespace there are no directories and no permissions, and the maker is seen all the same.
    private func listen(_ request: UnixListener, named name: [UInt8]) throws(OpenerFailure) -> OwnedDescriptor {
        if let owner = Self.owner(of: request) {
            try OpenerFailure.reporting(as: .userRefused) { () throws(Errno) in
                try Privileges.become(uid: owner.uid, gid: owner.gid)
            }
        }
        do throws(Errno) {
            let listener = try UnixSocket.bind(to: .abstract(name), type: request.kind.socketType)
            if request.kind != .datagram {
                try SystemCall.retrying(on: listener) { Glibc.listen($0, CInt(clamping: request.backlog)) }
            }
            return listener
        } catch .addressInUse {
            throw OpenerFailure(.addressInUse, .addressTaken)
        } catch {
            throw OpenerFailure(error)
        }
    }

    /// Who is to make the socket; nil where this process is that already.
    private static func owner(of request: UnixListener) -> (uid: UInt32, gid: UInt32)? {
        guard let uid = request.uid else { return nil }
        let gid = request.gid ?? UnixListener.nobodysGroup
        return uid == geteuid() && (request.gid == nil || gid == getegid()) ? nil : (uid: uid, gid: gid)
    }

    private func becomeOwner(_ request: UnixListener, directory: borrowing some Descriptor & ~Copyable)
        throws(OpenerFailure)
    {
        guard let owner = Self.owner(of: request) else { return }
        try OpenerFailure.reporting(as: .userRefused) { () throws(Errno) in
            // bind(2) takes a path, not a directory: where only root can change what the path means, root's access to
            // directories may be used; elsewhere only what the user could do as well.
            let isSafe = try Self.onlyRootLeads(to: directory)
            try Privileges.become(uid: owner.uid, gid: owner.gid, keepingDirectoryAccess: isSafe)
        }
    }

    private func listen(
        _ request: UnixListener, at path: FilePath, entry: borrowing DirectoryEntry
    ) throws(Errno) -> OwnedDescriptor {
        let type = request.kind.socketType
        let listener = try UnixSocket.bind(to: .path(path), type: type, mode: request.mode)
        // The directory was found beneath a root, but bind(2) went by its path: it has to be the same still.
        guard let made = try Self.status(of: entry), made.kind == .socket, made.uid == geteuid() else {
            throw .improperLink
        }
        if type != .datagram {
            try SystemCall.retrying(on: listener) { Glibc.listen($0, CInt(clamping: request.backlog)) }
        }
        return listener
    }

    /// Removes a socket of this user that nobody serves, as a broker that was killed leaves them.
    private func removeStale(
        _ path: FilePath, _ entry: borrowing DirectoryEntry, type: SocketType
    ) throws(OpenerFailure) {
        do throws(Errno) {
            guard let found = try Self.status(of: entry) else { return }
            guard found.kind == .socket else { throw .notSocket }
            guard found.uid == geteuid() else { throw .fileExists }
            guard try UnixSocket.state(ofPath: path, type: type) == .stale,
                let again = try Self.status(of: entry), again.isSameFile(as: found)
            else { throw .addressInUse }
            try SystemCall.retrying(on: entry.directory) { unlinkat($0, entry.name, 0) }
        } catch .notSocket {
            throw OpenerFailure(.addressInUse, .notSocket)
        } catch .fileExists {
            throw OpenerFailure(.addressInUse, .foreignSocket)
        } catch .addressInUse {
            throw OpenerFailure(.addressInUse, .addressTaken)
        } catch {
            throw OpenerFailure(error)
        }
    }

    /// nil: there is nothing of that name.
    private static func status(of entry: borrowing DirectoryEntry) throws(Errno) -> PlaceStatus? {
        var facts = linux_file_facts()
        do {
            try SystemCall.retrying(on: entry.directory) {
                linux_statx($0, entry.name, CInt(LINUX_AT_SYMLINK_NOFOLLOW), &facts)
            }
            return PlaceStatus(facts)
        } catch .noSuchFileOrDirectory {
            return nil
        }
    }

    /// Whether the path of a directory can be led elsewhere by root alone: each directory on the way is root's, and
    /// writable by nobody else, or keeps each one's entries to themselves (the sticky bit).
    static func onlyRootLeads(to directory: borrowing some Descriptor & ~Copyable) throws(Errno) -> Bool {
        var current = try directory.duplicate()
        while true {
            let status = try PathOpener.status(of: current)
            let isOpenToOthers = status.permissions & 0o022 != 0 && status.permissions & 0o1000 == 0
            guard status.uid == 0, !isOpenToOthers else { return false }
            let parent = try OwnedDescriptor.open("..", flags: linux_o_path | O_DIRECTORY, in: current)
            if try PathOpener.status(of: parent).isSameFile(as: status) { return true }
            current = parent
        }
    }
}

extension UnixListener.Kind {
    var socketType: SocketType {
        switch self {
        case .stream: .stream
        case .seqpacket: .seqpacket
        case .datagram: .datagram
        }
    }
}
