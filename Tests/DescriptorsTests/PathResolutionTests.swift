// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("A path that is resolved with care")
struct PathResolutionTests {
    @Test("opens beneath a directory and nowhere else")
    func beneath() throws {
        let directory = try TemporaryDirectory()
        try directory.write("inside", to: "file")
        #expect(symlink("/etc/passwd", directory.path("out").string) == 0)
        #expect(symlink("file", directory.path("in").string) == 0)
        let root = try OwnedDescriptor.open(directory.path, flags: O_DIRECTORY)
        func text(_ path: FilePath, _ resolution: PathResolution) throws(Errno) -> String {
            let file = try OwnedDescriptor.open(path, in: root, resolution: resolution)
            return String(decoding: try file.readAll(), as: UTF8.self)
        }
        #expect(try text("file", .beneath) == "inside")
        #expect(try text("in", .beneath) == "inside")
        for path in ["out", "/etc/passwd", FilePath("../\(directory.path.lastComponent!)/file")] {
            #expect(throws: Errno.improperLink) { _ = try text(path, .beneath) }
        }
        #expect(throws: Errno.tooManySymbolicLinkLevels) { _ = try text("in", [.beneath, .noSymbolicLinks]) }
        #expect(try text("/file", .inRoot) == "inside")
        let made = try OwnedDescriptor.open(
            "new", in: root, resolution: .beneath, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o400)
        #expect(try FileStatus(of: made).permissions == 0o400)
        #expect(try DescriptorStatus.isCloseOnExec(made))
    }
}
