// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("A path that is walked step by step")
struct PathWalkTests {
    private static func walk(
        _ directory: TemporaryDirectory, _ links: PathWalk.AbsoluteLinks = .leave, owners: Set<UInt32> = [geteuid()]
    ) throws -> PathWalk {
        PathWalk(
            from: HeldDescriptor(try OwnedDescriptor.open(directory.path, flags: linux_o_path | O_DIRECTORY)),
            trust: LinkTrust(owners: owners), absoluteLinks: links)
    }

    private static func inode(_ walk: PathWalk, _ path: FilePath, followingLast: Bool = true) throws -> UInt64 {
        try FileStatus(of: walk.locate(path, followingLast: followingLast)).inode
    }

    @Test("leads where the kernel says, through links and `..`, and never out of its root")
    func asTheKernel() throws {
        let directory = try TemporaryDirectory(mode: 0o755)
        for name in ["a", "a/b"] { #expect(mkdir(directory.path(name).string, 0o755) == 0) }
        try directory.write("x", to: "a/b/file")
        for (name, target) in [
            ("to", "a/./b//"), ("a/up", "../to/file"), ("a/b/out", "../../../etc/passwd"), ("absolute", "/etc"),
            ("circle", "circle"), ("gone", "a/none"),
        ] {
            #expect(symlink(target, directory.path(name).string) == 0)
        }
        let walk = try Self.walk(directory)
        let root = try OwnedDescriptor.open(directory.path, flags: O_DIRECTORY)
        for path: FilePath in [
            ".", "a", "a/b/file", "to/file", "a/up", "to/../b/file", "a/b/../../to/./file", "to", "a/..", "a/b/out",
            "absolute", "absolute/passwd", "circle", "gone", "none", "a/b/file/x", "..", "a/../..",
        ] {
            let kernel = Result { () throws(Errno) in
                try FileStatus(
                    of: OwnedDescriptor.open(path, in: root, resolution: .beneath, flags: linux_o_path)
                ).inode
            }
            switch kernel {
            case .success(let inode): #expect(try Self.inode(walk, path) == inode, "\(path)")
            case .failure(let error):
                #expect(throws: PathWalk.Failure.failed(error), "\(path)") { _ = try Self.inode(walk, path) }
            }
        }
        let link = try FileStatus(ofPath: directory.path("to"), followingLinks: false).inode
        #expect(try Self.inode(walk, "to", followingLast: false) == link)
    }

    @Test("makes what is missing, and takes absolute links from its root where it is told so")
    func makes() throws {
        let directory = try TemporaryDirectory(mode: 0o755)
        #expect(symlink("/one/two", directory.path("way").string) == 0)
        let walk = try Self.walk(directory, .toRoot)
        let made = try walk.locate("way/three", makingDirectories: 0o700)
        #expect(try FileStatus(of: made).inode == FileStatus(ofPath: directory.path("one/two/three")).inode)
        #expect(try FileStatus(of: made).permissions == 0o700)
        #expect(try Self.inode(walk, "../../one") == FileStatus(ofPath: directory.path("one")).inode)
    }

    @Test("follows no link of others, and none where others may write", .enabled(if: Command.canChangeUser))
    func linksOfOthers() throws {
        let directory = try TemporaryDirectory(mode: 0o755)
        try directory.write("x", to: "file")
        for name in ["theirs", "shared", "sticky", "own"] {
            #expect(mkdir(directory.path(name).string, 0o755) == 0)
            #expect(symlink("../file", directory.path("\(name)/link").string) == 0)
        }
        #expect(chown(directory.path("theirs").string, 4711, 4711) == 0)
        #expect(chmod(directory.path("shared").string, 0o777) == 0)
        #expect(chmod(directory.path("sticky").string, 0o1777) == 0)
        #expect(symlink("../file", directory.path("own/foreign").string) == 0)
        #expect(lchown(directory.path("own/foreign").string, 4711, 4711) == 0)
        let walk = try Self.walk(directory)
        let file = try FileStatus(ofPath: directory.path("file")).inode
        for path: FilePath in ["own/link", "sticky/link"] { #expect(try Self.inode(walk, path) == file) }
        for (path, uid) in [("theirs/link", 4711), ("own/foreign", 4711), ("shared/link", 0)] as [(FilePath, UInt32)] {
            #expect(throws: PathWalk.Failure.linkOfOthers(link: path, uid: uid)) { _ = try Self.inode(walk, path) }
        }
        #expect(try Self.inode(Self.walk(directory, owners: [0, 4711]), "theirs/link") == file)
    }
}
