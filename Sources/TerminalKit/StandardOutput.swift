// SPDX-License-Identifier: Apache-2.0

package import Descriptors
import Glibc
package import SystemPackage

/// Writes to standard output and standard error, unbuffered.
package enum StandardOutput {
    package static func write(_ text: String) throws {
        try write([UInt8](text.utf8))
    }

    /// Writes a text and a line feed.
    package static func print(_ line: String) throws {
        try write(line + "\n")
    }

    /// Writes everything, to the ``Pager`` where one is in use. A reader that went away ends the process by `SIGPIPE`, as it
    /// does any filter.
    /// - Throws: `Failure` with status `system`.
    package static func write(_ bytes: [UInt8]) throws(Failure) {
        if try !Pager.take(bytes) { try writeAtOnce(bytes) }
    }

    static func writeAtOnce(_ bytes: [UInt8]) throws(Failure) {
        try Failure.system("standard output", next: remedy) { () throws(Errno) in
            try bytes.span.withUnsafeBytes { buffer throws(Errno) in try writeAll(buffer, to: .standardOutput) }
        }
    }

    /// From now on this process ends as soon as nobody can read its standard output any more, by the `SIGPIPE` that its next
    /// write would bring: for who writes when something happens, which may be never.
    /// - Parameter failed: says what is wrong where `SIGPIPE` is ignored.
    package static func endWithItsReader(orElse failed: @escaping @Sendable (Failure) -> Void) {
        startThread(named: "vault-reader") {
            let readiness = try? Readiness.wait(for: [], on: StandardDescriptor.output)
            guard readiness?.isDisjoint(with: [.error, .hangUp]) == false, !Terminal.output.isTerminal else { return }
            kill(getpid(), SIGPIPE)
            failed(Failure("standard output", .brokenPipe, next: remedy))
            _exit(Failure.Status.system.rawValue)
        }
    }

    /// What to do when standard output takes no more.
    package static let remedy = "see what standard output is connected to, and whether it has room"

    /// What cannot be written to standard error is lost: there is nowhere left to say so.
    package static func writeError(_ text: String) {
        let bytes = [UInt8](text.utf8)
        try? bytes.span.withUnsafeBytes { buffer throws(Errno) in try writeAll(buffer, to: .standardError) }
    }

    /// A line of a service's log, in one `write(2)` so that lines of several threads do not mix; what standard error does
    /// not take at once is lost. Whatever came from elsewhere is to be escaped before.
    package static func writeErrorLine(_ line: String) {
        let bytes = [UInt8]("\(line)\n".utf8)
        StandardDescriptor.error.withUnsafeNumber { number in
            _ = bytes.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
        }
    }

    /// `write(2)` until all is written; a descriptor that somebody made non-blocking is waited for.
    package static func writeAll(
        _ bytes: UnsafeRawBufferPointer, to descriptor: borrowing some Descriptor & ~Copyable
    ) throws(Errno) {
        var rest = bytes
        while !rest.isEmpty {
            do throws(Errno) {
                let count = try SystemCall.retrying(on: descriptor) { Glibc.write($0, rest.baseAddress, rest.count) }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } catch .resourceTemporarilyUnavailable {
                _ = try Readiness.wait(for: .writable, on: descriptor)
            }
        }
    }
}

/// What is known of the terminal behind a descriptor.
package struct Terminal: Sendable {
    package let isTerminal: Bool
    /// Whether text may be coloured: on a terminal that can, unless `NO_COLOR` has a value (https://no-color.org).
    package let hasColours: Bool
    /// How wide it is, or is said to be by `COLUMNS`; `nil` where it is none, or does not know.
    package let columns: Int?
    /// How many lines it shows, likewise (`LINES`).
    package let lines: Int?

    package static let output = Terminal(STDOUT_FILENO)
    package static let error = Terminal(STDERR_FILENO)

    private init(_ number: CInt) {
        isTerminal = isatty(number) == 1
        hasColours = isTerminal && Environment["NO_COLOR"] == nil && Environment["TERM"] != "dumb"
        var size = winsize()
        let isKnown = isTerminal && ioctl(number, UInt(TIOCGWINSZ), &size) == 0
        columns = Self.count("COLUMNS", isTerminal, isKnown ? Int(size.ws_col) : 0)
        lines = Self.count("LINES", isTerminal, isKnown ? Int(size.ws_row) : 0)
    }

    private static func count(_ variable: String, _ isTerminal: Bool, _ told: Int) -> Int? {
        let count = Environment[variable].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } ?? told
        return isTerminal && count > 0 ? count : nil
    }
}

/// The environment of this process. Only `exec` changes it, after everything else has been read.
package enum Environment {
    /// A variable that is set and not empty.
    package static subscript(name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The first executable file of a name in `PATH`; a path with a slash is itself.
    package static func find(_ program: String) -> String? {
        let isPath = program.utf8.contains(UInt8(ascii: "/"))
        let directories = isPath ? [""] : (self["PATH"] ?? "/usr/bin:/bin").split(at: ":")
        return directories.map { $0.isEmpty ? program : "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }
}

/// A file that a verb reads whole; `-` is standard input.
package enum InputFile {
    /// - Parameter what: what it is to be, such as "a checkpoint", for the error.
    package static func read(_ path: String, as what: String, limit: Int = 1 << 20) throws(Failure) -> String {
        guard let text = String(validating: try bytes(path, as: what, limit: limit), as: UTF8.self) else {
            throw Failure(.usage, "\(path): this is not UTF-8", next: "the path of \(what)")
        }
        return text
    }

    package static func bytes(_ path: String, as what: String, limit: Int = 1 << 20) throws(Failure) -> [UInt8] {
        try Failure.system(path, next: "the path of \(what), or - for standard input") { () throws(Errno) in
            let file = path == "-" ? try StandardDescriptor.input.duplicate() : try OwnedDescriptor.open(FilePath(path))
            return try file.readAll(limit: limit)
        }
    }
}
