// SPDX-License-Identifier: Apache-2.0

package import Descriptors
import Glibc
package import SystemPackage

/// A program to run to its end, with its output caught and a limit of time.
package struct Command: Sendable {
    package var path: FilePath
    package var arguments: [String]
    /// `NAME=VALUE`; our own environment if `nil`.
    package var environment: [String]?
    package var directory: FilePath?
    package var input: [UInt8] = []
    package var passing: [ChildProcess.Passing] = []
    package var timeLimit: Duration = .seconds(60)

    /// - Parameter program: a path, or a name to look for in `PATH`.
    package init(_ program: String, _ arguments: String...) {
        self.init(program, arguments: arguments)
    }

    package init(_ program: String, arguments: [String]) {
        path = Command.find(program) ?? FilePath(program)
        self.arguments = arguments
    }

    package init(_ program: FilePath, arguments: [String] = []) {
        path = program
        self.arguments = arguments
    }

    /// The same as another user, without supplementary groups unless given; only for root.
    package func asUser(uid: UInt32, gid: UInt32? = nil, groups: [UInt32] = []) -> Command {
        var other = self
        let group = gid ?? uid
        let groupFlags =
            groups.isEmpty ? ["--clear-groups"] : ["--groups", groups.map(String.init).joined(separator: ",")]
        other.path = Command.find("setpriv") ?? "/usr/bin/setpriv"
        other.arguments =
            ["--reuid", "\(uid)", "--regid", "\(group)"] + groupFlags + ["--", path.string] + arguments
        return other
    }

    /// The first executable file of that name in `PATH`.
    package static func find(_ name: String) -> FilePath? {
        if name.contains("/") { return FilePath(name) }
        let search = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        for directory in search.split(separator: ":") {
            let path = FilePath(String(directory)).appending(name)
            if path.withPlatformString({ access($0, X_OK) }) == 0 { return path }
        }
        return nil
    }

    /// Can tests change to other users?
    package static var canChangeUser: Bool { geteuid() == 0 && find("setpriv") != nil }

    /// Runs it on a thread of its own.
    package func run() async throws -> CommandResult {
        try await onThread { try runOnThread() }
    }

    /// Runs it, blocking.
    /// - Throws: `WaitTimeout` when the limit is passed, after killing it; `Errno` when it cannot be started.
    package func runOnThread() throws -> CommandResult {
        let input = try SealedMemory.make(name: "input", contents: self.input.span)
        let output = try OwnedDescriptor.pipe()
        let errors = try OwnedDescriptor.pipe()
        let child: ChildProcess
        do {
            child = try ChildProcess.spawn(
                path, arguments: [path.string] + arguments, environment: environment,
                passing: passing + [
                    (HeldDescriptor(input), 0), (HeldDescriptor(output.writer), 1), (HeldDescriptor(errors.writer), 2),
                ],
                directory: directory)
        } catch {
            throw CommandError(command: description, errno: error)
        }
        let outputEnd = HeldDescriptor(output.reader)
        let errorsEnd = HeldDescriptor(errors.reader)
        let end = BootTime.now.advanced(by: timeLimit)
        var (outputBytes, errorBytes) = ([UInt8](), [UInt8]())
        var (outputIsOpen, errorsAreOpen) = (true, true)
        while true {
            // When the program has ended only what is there is read: a child of its own may keep the pipes open.
            let isAlive = try ProcessDescriptor.isAlive(child.pidfd)
            let sources =
                (outputIsOpen ? [outputEnd] : []) + (errorsAreOpen ? [errorsEnd] : [])
                + (isAlive ? [child.pidfd] : [])
            let ready = try Readiness.wait(
                forAnyOf: sources.map { ($0, .readable) },
                until: min(end, BootTime.now.advanced(by: .milliseconds(isAlive ? 100 : 0))))
            for (source, readiness) in zip(sources, ready) where !readiness.isEmpty {
                if source === outputEnd { outputIsOpen = try Self.take(from: outputEnd, into: &outputBytes) }
                if source === errorsEnd { errorsAreOpen = try Self.take(from: errorsEnd, into: &errorBytes) }
            }
            if ready.allSatisfy(\.isEmpty), !isAlive { break }
            if BootTime.now >= end {
                try child.signal(SIGKILL)
                _ = try child.wait()
                throw WaitTimeout(what: "\(description) to end", limit: timeLimit)
            }
        }
        return CommandResult(status: try child.wait(), output: outputBytes, errors: errorBytes)
    }

    /// - Returns: false at the end of file.
    private static func take(from reader: HeldDescriptor, into bytes: inout [UInt8]) throws -> Bool {
        let chunk = try withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { buffer in
            let count = try reader.read(into: buffer)
            return Array(buffer[..<count])
        }
        bytes += chunk
        return !chunk.isEmpty
    }

    package var description: String { ([path.string] + arguments).joined(separator: " ") }
}

/// A program could not be started.
package struct CommandError: Error, CustomStringConvertible {
    package let command: String
    package let errno: Errno

    package var description: String { "\(command): \(errno)" }
}

/// How a program ended and what it wrote.
package struct CommandResult: Sendable {
    package let status: ExitStatus
    package let output: [UInt8]
    package let errors: [UInt8]

    package var text: String { String(decoding: output, as: UTF8.self) }
    package var errorText: String { String(decoding: errors, as: UTF8.self) }
}
