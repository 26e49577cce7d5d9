// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import VaultTestKit

@testable import Processes

/// A real process, of a user of one's choice, that has connected to a listening socket of this test.
final class ConnectedPeer: Sendable {
    let connection: HeldDescriptor
    private let child: HeldChild
    private let commands: HeldDescriptor
    private let answers: HeldDescriptor
    private let directory: TemporaryDirectory

    var pid: Int32 { child.pid }

    /// - Parameters:
    ///   - wrapper: a command line before the peer's own, such as `setpriv …`.
    ///   - copy: where a copy of its program lies that it is to execute.
    init(wrapper: [String] = [], copy: FilePath? = nil) throws {
        directory = try TemporaryDirectory(mode: 0o755)
        let path = directory.path("s")
        let listener = try UnixSocket.listen(at: .path(path), mode: 0o666, nonBlocking: false)
        let input = try OwnedDescriptor.pipe()
        let output = try OwnedDescriptor.pipe()
        let arguments = wrapper + [(copy ?? BuiltProgram.path("ConnectingPeer")).string, path.string]
        let program = wrapper.isEmpty ? FilePath(arguments[0]) : Command.find(arguments[0]) ?? FilePath(arguments[0])
        child = HeldChild(
            try ChildProcess.spawn(
                program, arguments: arguments,
                passing: [(HeldDescriptor(input.reader), 0), (HeldDescriptor(output.writer), 1)]))
        commands = HeldDescriptor(input.writer)
        answers = HeldDescriptor(output.reader)
        try waitOnThread(on: listener, what: "the peer to connect")
        connection = HeldDescriptor(try UnixSocket.accept(on: listener))
        try expectLine("connected")
    }

    /// Sends a line and waits for the one that says that it was done.
    func tell(_ command: String, answer: String = "done") throws {
        let line = Array("\(command)\n".utf8)
        try commands.writeAll(line.span)
        try expectLine(answer)
    }

    /// Kills it; a zombie is left until `reap`.
    func kill() throws {
        try child.signal(SIGKILL)
        try waitOnThread(on: child.pidfd, what: "the peer to die")
    }

    func reap() throws { try child.wait() }

    private func expectLine(_ expected: String) throws {
        var line = ""
        while !line.hasSuffix("\n") {
            try waitOnThread(on: answers, what: "the peer to say '\(expected)'")
            var byte: UInt8 = 0
            guard answers.withUnsafeNumber({ read($0, &byte, 1) }) == 1 else { throw Errno.brokenPipe }
            line.unicodeScalars.append(Unicode.Scalar(byte))
        }
        guard line == "\(expected)\n" else { throw Errno.invalidArgument }
    }
}

/// A child that is killed and reaped with the last reference.
final class HeldChild: Sendable {
    private let process: ChildProcess

    init(_ process: consuming ChildProcess) { self.process = process }

    var pid: Int32 { process.pid }
    var pidfd: HeldDescriptor { process.pidfd }

    func signal(_ signal: CInt) throws { try process.signal(signal) }
    func wait() throws { _ = try process.wait() }

    deinit {
        // Whoever may not kill it must not wait for it either.
        if (try? process.signal(SIGKILL)) != nil { _ = try? process.wait() }
    }
}
