// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Foundation
import SystemPackage

/// Writes to standard output and standard error, unbuffered, so that what cannot be written is noticed.
enum StandardOutput {
    /// Writes a text and a line feed.
    /// - Throws: `Failure` with status 4.
    static func print(_ text: String) throws {
        try write(text.utf8 + [0x0A])
    }

    static func write(_ bytes: some Sequence<UInt8>) throws {
        do throws(Errno) {
            try write(Array(bytes), to: .output)
        } catch {
            throw Failure(
                status: 4, description: "standard output: \(error.description)",
                next: "see what standard output is connected to, and whether it has room")
        }
    }

    /// What cannot be written to standard error is lost: there is nowhere left to say so.
    static func writeError(_ text: String) {
        try? write(Array(text.utf8), to: .error)
    }

    private static func write(_ bytes: [UInt8], to descriptor: StandardDescriptor) throws(Errno) {
        var rest = bytes[...]
        while !rest.isEmpty {
            do throws(Errno) {
                let count = try SystemCall.retrying(on: descriptor) { number in
                    rest.withUnsafeBytes { Foundation.write(number, $0.baseAddress, $0.count) }
                }
                rest = rest.dropFirst(count)
            } catch .resourceTemporarilyUnavailable {
                // Somebody made it non-blocking.
                _ = try Readiness.wait(for: .writable, on: descriptor)
            }
        }
    }
}
