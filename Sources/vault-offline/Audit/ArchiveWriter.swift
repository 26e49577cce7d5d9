// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Foundation
import SystemPackage

/// Writes a file in large pieces.
final class ArchiveWriter {
    private let path: String
    private let file: OwnedDescriptor
    private var buffer: [UInt8] = []

    init(_ path: String) throws {
        self.path = path
        do throws(Errno) {
            file =
                path == "-"
                ? try StandardDescriptor.output.duplicate()
                : try OwnedDescriptor.open(
                    FilePath(path), flags: O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY, mode: 0o600)
        } catch {
            throw AuditArchive.failure(path, error)
        }
    }

    func write(_ bytes: some Sequence<UInt8>) throws {
        buffer.append(contentsOf: bytes)
        if buffer.count >= 1 << 20 { try flush() }
    }

    /// It is on the disk when this returns, where it went to a file.
    func finish() throws {
        try flush()
        do throws(Errno) {
            try file.synchronize()
        } catch .invalidArgument {
            // A pipe or a device keeps nothing back.
        } catch {
            throw AuditArchive.failure(path, error)
        }
    }

    private func flush() throws {
        do throws(Errno) {
            try file.writeAll(buffer.span)
        } catch {
            throw AuditArchive.failure(path, error)
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
