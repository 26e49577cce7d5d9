// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
package import SystemPackage

/// Whose symbolic links may choose what is opened with more rights than their maker has.
///
/// A link has a maker, and says no more than the maker could say: one that belongs to somebody else, or that somebody else can put
/// elsewhere, is not followed. This is what `protected_symlinks` of proc(5) does for `/tmp`, for every directory.
package struct LinkTrust: Sendable, Equatable {
    /// Root, and whoever acts.
    package let owners: Set<UInt32>

    package init(owners: Set<UInt32>) {
        self.owners = owners
    }

    /// Root's, and those of the user as whom this process acts.
    package static var ofThisProcess: LinkTrust { LinkTrust(owners: [0, geteuid()]) }

    /// - Parameter directory: in which the link lies: who may write there can put another link in its place, unless it is sticky.
    package func allows(link: FileStatus, in directory: FileStatus) -> Bool {
        owners.contains(link.uid) && isKept(directory)
    }

    /// Whether nobody else can move what lies in a directory, or put something in its place.
    package func isKept(_ directory: FileStatus) -> Bool {
        guard owners.contains(directory.uid) else { return false }
        if directory.permissions & UInt32(S_ISVTX) != 0 { return true }
        // A group that is root's or the owner's own has nobody else in it.
        let groupMayWrite = directory.permissions & 0o020 != 0 && directory.gid != 0 && directory.gid != directory.uid
        return !groupMayWrite && directory.permissions & 0o002 == 0
    }
}

/// A walk along a path, component by component and by descriptors, that judges each symbolic link before it follows it.
package struct PathWalk: Sendable {
    /// Where absolute links lead.
    package enum AbsoluteLinks: Sendable {
        /// Out of the walk: `EXDEV`, as with `RESOLVE_BENEATH` of openat2(2). So does `..` out of the root.
        case leave
        /// To the root, as everywhere.
        case toRoot
    }

    /// Why a walk ended early.
    package enum Failure: Error, Equatable, Sendable {
        case failed(Errno)
        /// This link, or name of a file with several, belongs to `uid`, or lies where others may write.
        case linkOfOthers(link: FilePath, uid: UInt32)
        /// This directory on the way, empty for the root, belongs to `uid`, or others may write there.
        case directoryOfOthers(directory: FilePath, uid: UInt32)
    }

    private let root: HeldDescriptor
    private let trust: LinkTrust
    private let absoluteLinks: AbsoluteLinks
    private let judgesDirectories: Bool
    /// As the kernel has it.
    private static let mostLinks = 40

    /// - Parameter judgesDirectories: whether directories on the way, the root with them, have to be kept by those who are
    ///   trusted: who may write to one of them may put another file in the place of what lies there.
    package init(
        from root: HeldDescriptor, trust: LinkTrust, absoluteLinks: AbsoluteLinks, judgesDirectories: Bool = false
    ) {
        self.root = root
        self.trust = trust
        self.absoluteLinks = absoluteLinks
        self.judgesDirectories = judgesDirectories
    }

    /// What lies at a path, as an `O_PATH` descriptor.
    ///
    /// - Parameters:
    ///   - path: relative to the root; one that is absolute starts there too.
    ///   - followingLast: otherwise a link in the last place is what is found.
    ///   - makingDirectories: the permissions, before the umask, of directories that are made where there is nothing.
    ///   - passing: hears of each link and directory on the way, and of what is found.
    package func locate(
        _ path: FilePath, followingLast: Bool = true, makingDirectories mode: UInt32? = nil,
        passing: (borrowing OwnedDescriptor, FileKind) throws(Errno) -> Void = { _, _ throws(Errno) in }
    ) throws(Failure) -> OwnedDescriptor {
        // Backwards: the next one is the last.
        var left = Array(Self.components(path.bytes).reversed())
        var way = [(name: [UInt8](), place: root)]
        var links = 0
        if judgesDirectories {
            try judge(try Self.reporting { () throws(Errno) in try FileStatus(of: root) }, way)
        }
        while let component = left.popLast() {
            if component == [UInt8(ascii: "."), UInt8(ascii: ".")] {
                // By the way that led here, so no rename leads elsewhere.
                if way.count > 1 {
                    way.removeLast()
                } else if absoluteLinks == .leave {
                    throw .failed(.improperLink)
                }
                continue
            }
            let directory = way[way.count - 1].place
            let found = try find(component, in: directory, making: mode)
            let status = try Self.reporting { () throws(Errno) in try FileStatus(of: found) }
            do throws(Errno) { try passing(found, status.kind) } catch { throw .failed(error) }
            if status.kind == .symbolicLink, followingLast || !left.isEmpty {
                links += 1
                guard links <= Self.mostLinks else { throw .failed(.tooManySymbolicLinkLevels) }
                let around = try Self.reporting { () throws(Errno) in try FileStatus(of: directory) }
                guard trust.allows(link: status, in: around) else {
                    throw .linkOfOthers(
                        link: Self.path(way.map(\.name) + [component]),
                        uid: trust.owners.contains(status.uid) ? around.uid : status.uid)
                }
                let target = try Self.reporting { () throws(Errno) in try FilePath("").linkTarget(in: found) }
                if target.first == UInt8(ascii: "/") {
                    guard absoluteLinks == .toRoot else { throw .failed(.improperLink) }
                    way.removeLast(way.count - 1)
                }
                left += Self.components(target).reversed()
                continue
            }
            if left.isEmpty {
                try judgeNames(of: status, in: directory, way.map(\.name) + [component])
                return found
            }
            guard status.kind == .directory else { throw .failed(.notDirectory) }
            way.append((component, HeldDescriptor(found)))
            if judgesDirectories { try judge(status, way) }
        }
        let last = way[way.count - 1].place
        return try Self.reporting { () throws(Errno) in try last.duplicate() }
    }

    private func judge(_ directory: FileStatus, _ way: [(name: [UInt8], place: HeldDescriptor)]) throws(Failure) {
        guard !trust.isKept(directory) else { return }
        throw .directoryOfOthers(directory: Self.path(way.map(\.name)), uid: directory.uid)
    }

    /// A hard link is a link too: of a file with several names, one that lies where others may write may be theirs, unless the
    /// file is. The kernel prevents that where `protected_hardlinks` of proc(5) is set, as it is on most systems.
    private func judgeNames(
        of file: FileStatus, in directory: HeldDescriptor, _ names: [[UInt8]]
    ) throws(Failure) {
        guard file.kind == .regular, file.linkCount > 1 else { return }
        let around = try Self.reporting { () throws(Errno) in try FileStatus(of: directory) }
        guard trust.isKept(around) || around.uid == file.uid else {
            throw .linkOfOthers(link: Self.path(names), uid: around.uid)
        }
    }

    /// - Parameter names: the first one is the root's, which has none.
    private static func path(_ names: [[UInt8]]) -> FilePath {
        FilePath(bytes: Array(names.dropFirst().joined(separator: [UInt8(ascii: "/")])))
    }

    private func find(
        _ name: [UInt8], in directory: HeldDescriptor, making mode: UInt32?
    ) throws(Failure) -> OwnedDescriptor {
        let path = FilePath(bytes: name)
        func open() throws(Errno) -> OwnedDescriptor {
            try OwnedDescriptor.open(path, flags: linux_o_path | O_NOFOLLOW, in: directory)
        }
        guard let mode else { return try Self.reporting(open) }
        return try Self.reporting { () throws(Errno) in
            do throws(Errno) {
                return try open()
            } catch {
                guard error == .noSuchFileOrDirectory else { throw error }
            }
            // Where somebody made it first, it is looked at as what was there.
            try directory.makeDirectory(path, mode: mode)
            return try open()
        }
    }

    private static func reporting<Value: ~Copyable>(
        _ body: () throws(Errno) -> Value
    ) throws(Failure) -> Value {
        do throws(Errno) {
            return try body()
        } catch {
            throw .failed(error)
        }
    }

    /// Without the empty ones and `.`, which lead nowhere.
    private static func components(_ path: [UInt8]) -> [[UInt8]] {
        path.split(separator: UInt8(ascii: "/")).map { Array($0) }.filter { $0 != [UInt8(ascii: ".")] }
    }
}

extension FilePath {
    /// As the kernel has it.
    fileprivate var bytes: [UInt8] {
        withPlatformString { text in (0..<strlen(text)).map { UInt8(bitPattern: text[$0]) } }
    }

    fileprivate init(bytes: [UInt8]) {
        self.init(platformString: bytes.map { CChar(bitPattern: $0) } + [0])
    }
}
