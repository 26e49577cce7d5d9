// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Descriptors
import Glibc
import SystemPackage
import TerminalKit

/// `vault-offline`, which does what needs no broker, or hashing: this program becomes it, or feeds it. So this one links
/// neither a reader of YAML nor a database nor cryptography, and starts fast.
enum OfflineProgram {
    /// Beside this program, or where `make install` puts it.
    private static var candidates: [String] {
        let directory = ownDirectory
        return ["\(directory)/vault-offline", "\(directory)/../libexec/vault/vault-offline"]
    }

    /// This process becomes it.
    /// - Returns: why that was not possible; it does not return otherwise.
    static func execute(_ arguments: [String]) -> Failure {
        var pointers: [UnsafeMutablePointer<CChar>?] = (["vault-offline"] + arguments).map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        var error = Errno.noSuchFileOrDirectory
        for path in candidates {
            execv(path, &pointers)
            error = Errno(rawValue: errno)
            guard error == .noSuchFileOrDirectory else { break }
        }
        return notThere(error)
    }

    /// Runs it beside this process, which writes to its standard input.
    ///
    /// - Parameter feed: gets what writes, and stops early when the program has ended; what went wrong there it has said
    ///   itself.
    /// - Returns: what it wrote to its standard output, where that is caught.
    /// - Throws: its exit status, where that is not 0, and what `feed` throws.
    @discardableResult
    static func run(
        _ arguments: [String], catchingOutput: Bool = false, feed: (_ write: ([UInt8]) throws -> Void) throws -> Void
    ) throws -> String {
        // A program that has ended must not end this one, which is to pass its exit status on.
        signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, SIG_DFL) }
        var input = try pipe()
        var output = try pipe()
        var passing: [ChildProcess.Passing] = []
        if let reader = input.reader { passing.append((reader, STDIN_FILENO)) }
        if catchingOutput, let writer = output.writer { passing.append((writer, STDOUT_FILENO)) }
        let child = try spawn(arguments, passing)
        passing = []
        input.reader = nil
        output.writer = nil
        do {
            try feed { bytes in
                guard let writer = input.writer else { return }
                try bytes.span.withUnsafeBytes { buffer throws(Errno) in
                    try StandardOutput.writeAll(buffer, to: writer)
                }
            }
        } catch Errno.brokenPipe {
            // It ended before it had read everything, and has said why.
        } catch {
            try? child.signal(SIGTERM)
            _ = try? child.wait()
            throw error
        }
        input.writer = nil
        return try end(of: child, output.reader)
    }

    private static func pipe() throws(Failure) -> PipeEnds {
        do throws(Errno) {
            return try PipeEnds()
        } catch {
            throw notThere(error)
        }
    }

    private static func end(of child: borrowing ChildProcess, _ output: HeldDescriptor?) throws -> String {
        let status: ExitStatus
        var bytes: [UInt8] = []
        do throws(Errno) {
            if let output { bytes = try output.readAll() }
            status = try child.wait()
        } catch {
            throw notThere(error)
        }
        switch status {
        case .exited(0): return String(decoding: bytes, as: UTF8.self)
        case .exited(let code): throw ExitCode(code)
        case .killed(let number, _):
            throw Failure(.system, "vault-offline was ended by signal \(number)", next: "the same command again")
        }
    }

    private static func spawn(_ arguments: [String], _ passing: [ChildProcess.Passing]) throws(Failure) -> ChildProcess
    {
        var error = Errno.noSuchFileOrDirectory
        for path in candidates {
            do throws(Errno) {
                return try ChildProcess.spawn(
                    FilePath(path), arguments: ["vault-offline"] + arguments, passing: passing)
            } catch let found {
                error = found
                guard error == .noSuchFileOrDirectory else { break }
            }
        }
        throw notThere(error)
    }

    private static func notThere(_ error: Errno) -> Failure {
        Failure(
            .system, "\(candidates[0]): \(error.description)",
            next: "install vault-offline beside vault, or in ../libexec/vault from there")
    }

    private static var ownDirectory: String { (try? FilePath.ofOwnProgram().string) ?? "." }
}

/// The two ends of a pipe to a program, each until it is closed.
struct PipeEnds {
    var reader: HeldDescriptor?
    var writer: HeldDescriptor?

    init() throws(Errno) {
        let pipe = try OwnedDescriptor.pipe()
        reader = HeldDescriptor(pipe.reader)
        writer = HeldDescriptor(pipe.writer)
    }
}
