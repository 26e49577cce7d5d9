// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import TerminalKit
import VaultInterface

/// A capability that the staying parent holds, for its command to open by a path: `/proc/PARENT/fd/N`.
///
/// The descriptor of that number is exchanged when the capability was renewed, so that the path always leads to the content of
/// now. To open it takes the right to look at the parent: the same user, and no more privileges than the command has
/// (`PTRACE_MODE_READ`, proc(5)).
final class HeldPath {
    let request: BrokerInterface.Request
    /// Of the option that asked for it, for messages.
    let option: String
    /// Of the lease that goes with it.
    private(set) var lease: String?
    /// Whether there is something to be opened.
    private(set) var isThere = true
    private let place: HeldDescriptor
    let path: String

    /// Paths begin behind the numbers that commands are given.
    private static let firstNumber: CInt = 100

    /// - Parameter descriptor: taken over.
    init(
        _ request: BrokerInterface.Request, _ option: String, _ descriptor: HeldDescriptor, lease: String?
    ) throws(Failure) {
        self.request = request
        self.option = option
        self.lease = lease
        place = try Failure.system(option, next: "a higher limit: ulimit -n") { () throws(Errno) in
            HeldDescriptor(try descriptor.duplicate(atOrAbove: Self.firstNumber))
        }
        path = place.withUnsafeNumber { "/proc/\(getpid())/fd/\($0)" }
        try place.withUnsafeNumber { number throws(Failure) in
            try DescriptorPath.check(path, of: number, option, request.name)
        }
    }

    var name: String { request.name }

    /// Whether this is what is held: of memory the same bytes, else the same file.
    func isSame(as other: HeldDescriptor) -> Bool {
        guard isThere, let own = try? FileStatus(of: place), let others = try? FileStatus(of: other) else {
            return false
        }
        if own.isSameFile(as: others) { return true }
        guard (try? SealedMemory.seals(of: place)) != nil, (try? SealedMemory.seals(of: other)) != nil,
            own.size == others.size, let size = Int(exactly: own.size),
            let bytes = try? place.read(size, at: 0)
        else { return false }
        return bytes == (try? other.read(size, at: 0))
    }

    /// Puts another in its place. What has been opened by the path before stays what it was.
    func exchange(_ new: HeldDescriptor, lease: String?) throws(Errno) {
        try put(new)
        self.lease = lease
        isThere = true
    }

    /// The path leads to nothing that could be opened any more (`ENXIO`). The number stays taken, or the path would soon lead to
    /// something else.
    func takeAway() throws(Errno) {
        try put(HeldDescriptor(try UnixSocket.make(.datagram)))
        lease = nil
        isThere = false
    }

    private func put(_ new: HeldDescriptor) throws(Errno) {
        try SystemCall.retrying(on: new) { new in
            place.withUnsafeNumber { place in
                // Nobody else starts a process in between.
                dup2(new, place) == -1 ? -1 : fcntl(place, F_SETFD, FD_CLOEXEC)
            }
        }
    }
}

/// A symbolic link to such a path, for programs whose configuration names a file. It goes when the parent does.
struct HeldLink {
    let path: String
    private let target: String

    /// Makes it, in the place of a link that is there, and of nothing else.
    init(_ path: String, to target: String) throws(Failure) {
        self.path = path
        self.target = target
        let new = FilePath(path).draft().string
        let subject = "--link \(path)"
        if let status = try? FileStatus(ofPath: FilePath(path), followingLinks: false), status.kind != .symbolicLink {
            throw Failure(
                .beforeCommand, "\(subject): there is something that is no link", next: "another path, or remove it")
        }
        let next = "a directory in which you may write, such as that of RuntimeDirectory="
        do throws(Errno) {
            try SystemCall.retrying { symlink(target, new) }
            try SystemCall.retrying { rename(new, path) }
        } catch {
            unlink(new)
            throw Failure(.beforeCommand, "\(subject): \(error.description)", next: next)
        }
    }

    /// Removes it, if it is still this one.
    func remove() {
        guard let found = try? FilePath(path).linkTarget(), found == Array(target.utf8) else { return }
        unlink(path)
    }
}
