// SPDX-License-Identifier: Apache-2.0

internal import Descriptors
import Glibc
package import SystemPackage

/// A mounted FUSE file system whose files named `hang…` never open, those named `mute…` open and say nothing more, those named
/// `read…` open and never answer a read(2), and whose names `lost…` are never found, or not found; the test target must depend on
/// `HangingFUSE`. Unmounted, with everybody who hangs in it released, when the last reference goes.
package final class HangingFileSystem: Sendable {
    package let directory: TemporaryDirectory
    private let server: ChildProcess
    private let input: HeldDescriptor

    /// Why there can be none here; nil if there can.
    package static var obstacle: String? {
        if geteuid() != 0 { return "needs root, to mount" }
        if access("/dev/fuse", R_OK | W_OK) != 0 { return "needs /dev/fuse" }
        return nil
    }

    package init() throws {
        directory = try TemporaryDirectory(mode: 0o755)
        let input = try OwnedDescriptor.pipe()
        let output = try OwnedDescriptor.pipe()
        let program = BuiltProgram.path("HangingFUSE")
        server = try ChildProcess.spawn(
            program, arguments: [program.string, directory.path.string],
            passing: [(HeldDescriptor(input.reader), 0), (HeldDescriptor(output.writer), 1)])
        self.input = HeldDescriptor(input.writer)
        let answers = output.reader
        try waitOnThread(on: answers, what: "the file system to be mounted")
        guard try answers.readPrefix(8) == Array("mounted\n".utf8) else { throw Errno.ioError }
    }

    package var path: FilePath { directory.path }

    /// Ends the server: all requests that wait for it fail, and so do all later ones.
    package func end() throws {
        try server.signal(SIGKILL)
        try waitOnThread(on: server.pidfd, what: "the file system's server to end")
    }

    deinit {
        // Its death closes the device, and that ends all requests; only then nothing hangs any more.
        try? server.signal(SIGKILL)
        _ = try? server.wait()
        umount2(directory.path.string, CInt(MNT_DETACH))
    }
}
