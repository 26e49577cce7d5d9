// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import VaultTestKit

/// A server that listens; it ends when nobody refers to it any more.
protocol RunningServer: Sendable {
    var socket: FilePath { get }
    var pid: Int32 { get throws }
    /// What the load generator has to be told to speak with it.
    var loadArguments: [String] { get }
    func stop() async throws
}

/// A program that was started, with a directory of its own; killed when nobody refers to it any more.
final class ServerProcess: Sendable {
    let directory: TemporaryDirectory
    let child: ChildProcess

    /// - Parameter ready: the number on which the program writes a line when it listens.
    init(_ program: FilePath, _ arguments: [String], in directory: TemporaryDirectory, ready: CInt) async throws {
        self.directory = directory
        let pipe = try OwnedDescriptor.pipe()
        child = try ChildProcess.spawn(
            program, arguments: [program.string] + arguments, passing: [(HeldDescriptor(pipe.writer), ready)])
        let reader = HeldDescriptor(pipe.reader)
        try await onThread {
            try waitOnThread(on: reader, what: "\(program) to listen")
            var byte: UInt8 = 0
            guard reader.withUnsafeNumber({ read($0, &byte, 1) }) == 1 else {
                throw DaemonFailure(what: "\(program) ended before it listened", log: "")
            }
        }
    }

    func stop() async throws {
        try child.signal(SIGTERM)
        try await onThread { _ = try self.child.wait() }
    }

    deinit {
        try? child.signal(SIGKILL)
        _ = try? child.wait()
    }
}
