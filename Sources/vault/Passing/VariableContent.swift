// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import TerminalKit
import VaultModel

/// What a descriptor gives, as the value of a variable.
enum VariableContent {
    /// The most bytes. Linux would take 128 KiB for one variable, and an argument list has to share them.
    static let limit = 16 << 10

    /// Reads to the end. As in a shell's `$(cat …)` the line feeds at the end do not count: what a person wrote into a
    /// file ends with one, and no token does.
    static func read(
        _ source: borrowing some Descriptor & ~Copyable, of name: String, for variable: String
    ) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        let subject = "--env-content \(variable): \(name)"
        try Failure.system(subject, next: "vault show \(name)") { () throws(Errno) in
            try withUnsafeTemporaryAllocation(byteCount: limit + 1, alignment: 1) { buffer throws(Errno) in
                while bytes.count <= limit {
                    do throws(Errno) {
                        let count = try source.read(into: buffer)
                        if count == 0 { return }
                        bytes += buffer[..<count]
                    } catch .resourceTemporarilyUnavailable {
                        _ = try Readiness.wait(for: .readable, on: source)
                    }
                }
            }
        }
        guard bytes.count <= limit else {
            throw Failure(
                .beforeCommand, "\(subject) holds more than \(limit >> 10) KiB",
                next: "--env \(variable)_FILE=\(name), where the command takes a path")
        }
        guard !bytes.contains(0) else {
            throw Failure(
                .beforeCommand, "\(subject) holds a zero byte, which no variable can",
                next: "--env \(variable)_FILE=\(name), where the command takes a path")
        }
        while bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        return bytes
    }

    static func set(_ variable: String, to value: [UInt8]) {
        (value + [0]).withUnsafeBytes { text in
            // It ends with a zero byte, so it is not empty.
            _ = setenv(variable, text.baseAddress!.assumingMemoryBound(to: CChar.self), 1)
        }
    }

    /// A line for standard error: who can see it from now on.
    static func warning(_ name: String, in variable: String) -> String {
        "vault: exec: warning: what \(name.escaped) holds is in the environment, as \(variable): "
            + "/proc/\(getpid())/environ shows it, and whatever the command starts gets it\n"
    }
}
