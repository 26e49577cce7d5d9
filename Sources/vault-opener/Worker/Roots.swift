// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import OpenerWire
import SystemPackage

/// The directories beneath which everything that is opened must lie.
struct Roots {
    private let roots: [String]

    /// - Parameter roots: absolute and without `.` and `..`, as `OpenerArguments` makes them.
    init(_ roots: [String]) {
        // The longest comes first, so the innermost of nested roots is found.
        self.roots = roots.sorted { $0.utf8.count > $1.utf8.count }
    }

    /// The root of a path, opened now, and what is left of the path below it.
    ///
    /// It is opened for each request, since something may have been mounted on it; no link is followed on the way, so
    /// nobody can lead it elsewhere.
    /// - Parameter othersMayWrite: to the directories on the way.
    func locate(_ path: String, othersMayWrite: Bool) throws(OpenerFailure) -> RootedPath {
        guard path.utf8.first == UInt8(ascii: "/") else { throw OpenerFailure(.invalidArgument, .outsideRoots) }
        guard let (root, rest) = split(path) else { throw OpenerFailure(.improperLink, .outsideRoots) }
        do {
            return RootedPath(
                root: try OwnedDescriptor.open(
                    FilePath(root), in: StandardDescriptor.currentDirectory,
                    resolution: [.noSymbolicLinks, .noMagicLinks],
                    flags: linux_o_path | O_DIRECTORY), rest: rest, othersMayWrite: othersMayWrite)
        } catch .noFunction {
            throw OpenerFailure(.noFunction, .noOpenat2)
        } catch .tooManySymbolicLinkLevels {
            throw OpenerFailure(.tooManySymbolicLinkLevels, .rootIsLinked)
        } catch {
            throw OpenerFailure(error, .rootUnusable)
        }
    }

    private func split(_ path: String) -> (root: String, rest: String)? {
        for root in roots {
            if let rest = Self.rest(of: path, beneath: root) { return (root, rest) }
        }
        return nil
    }

    /// What is left of a path below a directory; `.` is the directory itself. By bytes: two names of one text can be two.
    private static func rest(of path: String, beneath directory: String) -> String? {
        let slash = UInt8(ascii: "/")
        var rest = path.utf8[...]
        for component in directory.utf8.split(separator: slash) {
            rest = rest.drop { $0 == slash }
            let end = rest.firstIndex(of: slash) ?? rest.endIndex
            guard rest[..<end].elementsEqual(component) else { return nil }
            rest = rest[end...]
        }
        rest = rest.drop { $0 == slash }
        return rest.isEmpty ? "." : String(decoding: rest, as: UTF8.self)
    }
}

/// A path to resolve beneath a root.
struct RootedPath: ~Copyable {
    let root: OwnedDescriptor
    /// Relative; `.` is the root itself.
    let rest: String
    /// Whether others than root and this process's user may write to the directories on the way.
    let othersMayWrite: Bool

    /// What lies there, as a place without access (`O_PATH`): nothing is opened, so nothing happens yet.
    ///
    /// - Parameters:
    ///   - followingLast: whether the last component may be a link; otherwise the link itself is the place.
    ///   - passing: hears of each link and directory on the way, and of the place.
    func resolve(
        followingLast: Bool = true,
        passing: (borrowing OwnedDescriptor, FileKind) throws(Errno) -> Void = { _, _ throws(Errno) in }
    ) throws(OpenerFailure) -> OwnedDescriptor {
        try resolve(rest, flags: followingLast ? 0 : O_NOFOLLOW, passing: passing)
    }

    /// The directory in which the last component lies or is to be made, and that component.
    func resolveParent() throws(OpenerFailure) -> DirectoryEntry {
        // By bytes: a mark that combines with a slash makes another character of it, and the same path.
        let slash = rest.utf8.lastIndex(of: UInt8(ascii: "/"))
        let name = String(decoding: slash.map { rest.utf8[$0...].dropFirst() } ?? rest.utf8[...], as: UTF8.self)
        let parent = slash.map { String(decoding: rest.utf8[..<$0], as: UTF8.self) } ?? "."
        guard !name.isEmpty, name != ".", name != ".." else { throw OpenerFailure(.isDirectory) }
        return DirectoryEntry(directory: try resolve(parent, flags: O_DIRECTORY), name: name)
    }

    /// The kernel first says where it leads, or why it leads nowhere; then the same way is gone again, step by step, and each
    /// link and directory judged by whose it is. What that finds is the place.
    private func resolve(
        _ path: String, flags: CInt,
        passing: (borrowing OwnedDescriptor, FileKind) throws(Errno) -> Void = { _, _ throws(Errno) in }
    ) throws(OpenerFailure) -> OwnedDescriptor {
        let flags = flags | linux_o_path
        _ = try Self.openBeneath(root, path, flags: flags)
        let found = try walk(path, followingLast: flags & O_NOFOLLOW == 0, passing: passing)
        let kind = try OpenerFailure.reporting { () throws(Errno) in try PathOpener.status(of: found) }.kind
        guard flags & O_DIRECTORY == 0 || kind == .directory else { throw OpenerFailure(.notDirectory) }
        return found
    }

    private func walk(
        _ path: String, followingLast: Bool, passing: (borrowing OwnedDescriptor, FileKind) throws(Errno) -> Void
    ) throws(OpenerFailure) -> OwnedDescriptor {
        let top = try OpenerFailure.reporting { () throws(Errno) in HeldDescriptor(try root.duplicate()) }
        let walk = PathWalk(
            from: top, trust: .ofThisProcess, absoluteLinks: .leave, judgesDirectories: !othersMayWrite)
        do throws(PathWalk.Failure) {
            return try walk.locate(FilePath(path), followingLast: followingLast, passing: passing)
        } catch {
            switch error {
            case .linkOfOthers: throw OpenerFailure(.permissionDenied, .linkOfOthers)
            case .directoryOfOthers(_, let uid):
                throw OpenerFailure(.permissionDenied, .directoryOfOthers, detail: uid)
            case .failed(.improperLink): throw OpenerFailure(.improperLink, .leavesRoot)
            case .failed(let errno): throw OpenerFailure(errno)
            }
        }
    }

    /// `openat2(2)` beneath a directory. `flags` may be among those of `OpenPath`; close-on-exec always.
    static func openBeneath(
        _ directory: borrowing some Descriptor & ~Copyable, _ path: String, flags: CInt, mode: UInt32 = 0,
        resolution: PathResolution = []
    ) throws(OpenerFailure) -> OwnedDescriptor {
        do {
            return try OwnedDescriptor.open(
                FilePath(path), in: directory, resolution: resolution.union([.beneath, .noMagicLinks]), flags: flags,
                mode: mode)
        } catch .improperLink {
            throw OpenerFailure(.improperLink, .leavesRoot)
        } catch .noFunction {
            throw OpenerFailure(.noFunction, .noOpenat2)
        } catch {
            throw OpenerFailure(error)
        }
    }
}

/// A name in a directory, whether or not there is anything of that name.
struct DirectoryEntry: ~Copyable {
    let directory: OwnedDescriptor
    let name: String
}
