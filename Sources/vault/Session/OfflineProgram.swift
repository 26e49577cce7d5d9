// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Descriptors
import Glibc
import SystemPackage
import TerminalKit

/// `vault-offline`, which does what needs no broker, or hashing: this program becomes it, or feeds it. So this one links
/// neither a reader of YAML nor a database nor cryptography nor, as it is installed, any library of the system, and starts
/// fast.
enum OfflineProgram {
    /// Beside this program, or where `make install` puts it.
    private static var path: String {
        let directory = (try? FilePath.ofOwnProgram().string) ?? "."
        let candidates = ["\(directory)/vault-offline", "\(directory)/../libexec/vault/vault-offline"]
        return candidates.first { access($0, F_OK) == 0 } ?? candidates[0]
    }

    /// What it is called as, so that it knows what its caller is called as.
    private static var name: String { "\(ProgramName.own)-offline" }

    /// This process becomes it.
    /// - Returns: why that was not possible; it does not return otherwise.
    static func execute(_ arguments: [String]) -> Failure {
        var pointers: [UnsafeMutablePointer<CChar>?] = ([name] + arguments).map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        let path = path
        execv(path, &pointers)
        return Failure(path, Errno(rawValue: errno), next: place)
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
        var input = try failing { () throws(Errno) in try PipeEnds() }
        var output = try failing { () throws(Errno) in try PipeEnds() }
        var passing: [ChildProcess.Passing] = []
        if let reader = input.reader { passing.append((reader, STDIN_FILENO)) }
        if catchingOutput, let writer = output.writer { passing.append((writer, STDOUT_FILENO)) }
        let child = try failing { [passing] () throws(Errno) in
            try ChildProcess.spawn(FilePath(path), arguments: [name] + arguments, passing: passing)
        }
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
        let bytes = try failing { () throws(Errno) in try output.reader?.readAll() ?? [] }
        switch try failing({ () throws(Errno) in try child.wait() }) {
        case .exited(0): return String(decoding: bytes, as: UTF8.self)
        case .exited(let code):
            // Why it failed may stand on its output too.
            StandardOutput.writeError(String(decoding: bytes, as: UTF8.self))
            throw ExitCode(code)
        case .killed(let number, _):
            throw Failure(.system, "vault-offline was ended by signal \(number)", next: "the same command again")
        }
    }

    private static let place = "install vault-offline beside vault, or in ../libexec/vault from there"

    private static func failing<Value: ~Copyable>(_ body: () throws(Errno) -> Value) throws(Failure) -> Value {
        try Failure.system(path, next: place, body)
    }
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
