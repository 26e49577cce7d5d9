// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import TerminalKit

/// A file that is written a piece at a time. It appears, or replaces what was there, when it is finished; a device or a
/// pipe is written as the pieces come.
struct LineFile {
    private let path: String
    private let place: OutputPlace
    private let written: String
    private let file: HeldDescriptor

    init(_ path: String, mode: UInt32 = 0o600) throws(Failure) {
        self.path = path
        place = try OutputPlace(path)
        written = place.isInPlace ? place.path : place.path + ".new-\(getpid())"
        let flags = O_WRONLY | O_NOCTTY | (place.isInPlace ? O_CREAT : O_CREAT | O_TRUNC)
        do throws(Errno) {
            file = HeldDescriptor(try OwnedDescriptor.open(FilePath(written), flags: flags, mode: mode))
        } catch {
            throw OutputPlace.failure(path, error)
        }
    }

    func write(_ text: String) throws(Failure) {
        try removingWhenItFails { () throws(Errno) in
            try [UInt8](text.utf8).span.withUnsafeBytes { buffer throws(Errno) in
                try StandardOutput.writeAll(buffer, to: file)
            }
        }
    }

    /// `fsync(2)`, `rename(2)`: whoever reads the path sees the old text or the new one, also after a crash of the machine.
    func finish() throws(Failure) {
        guard !place.isInPlace else { return }
        try removingWhenItFails { () throws(Errno) in
            try file.synchronize()
            try FilePath(written).rename(to: FilePath(place.path))
        }
    }

    private func removingWhenItFails(_ body: () throws(Errno) -> Void) throws(Failure) {
        do throws(Errno) {
            try body()
        } catch {
            if !place.isInPlace { unlink(written) }
            throw OutputPlace.failure(path, error)
        }
    }
}

/// A file that a verb writes whole: what was there before is replaced when everything is written, or stays.
enum OutputFile {
    /// - Parameter path: `-` is standard output.
    static func write(_ text: String, to path: String, mode: UInt32 = 0o644) throws {
        if path == "-" { return try StandardOutput.write(text) }
        let file = try LineFile(path, mode: mode)
        try file.write(text)
        try file.finish()
    }
}

/// A note, a key or a receipt as it is printed: its exact bytes.
enum NoteText {
    /// - Throws: where there is something in it that a terminal would act on; no valid one has that.
    static func shown(_ text: String) throws(Failure) -> String {
        guard !text.unicodeScalars.contains(where: { $0.isCommand && $0 != "\n" }) else {
            throw Failure(
                .unverified, "the broker's answer has control characters in it, which no note has",
                next: "vault audit verify")
        }
        return text.hasSuffix("\n") ? text : text + "\n"
    }
}
