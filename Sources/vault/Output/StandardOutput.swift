// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// Writes to standard output and standard error, unbuffered.
enum StandardOutput {
    static func write(_ text: String) throws {
        try write([UInt8](text.utf8))
    }

    /// Writes everything. A reader that went away ends the process by `SIGPIPE`, as it does any filter.
    /// - Throws: `Failure` with status `system`.
    static func write(_ bytes: [UInt8]) throws {
        do throws(Errno) {
            try bytes.span.withUnsafeBytes { buffer throws(Errno) in try writeAll(buffer, to: .standardOutput) }
        } catch {
            throw Failure(
                .system, "standard output: \(error.description)",
                next: "see what standard output is connected to, and whether it has room")
        }
    }

    /// What cannot be written to standard error is lost: there is nowhere left to say so.
    static func writeError(_ text: String) {
        let bytes = [UInt8](text.utf8)
        try? bytes.span.withUnsafeBytes { buffer throws(Errno) in try writeAll(buffer, to: .standardError) }
    }

    /// `write(2)` until all is written; a descriptor that somebody made non-blocking is waited for.
    static func writeAll(
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
