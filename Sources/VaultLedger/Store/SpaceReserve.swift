// SPDX-License-Identifier: Apache-2.0

import Glibc
internal import SystemPackage

/// Space kept aside for the records of revocations and of the stop: a preallocated file that is given back to the file
/// system, a part at a time, when that is full and they need it (RULINGS 9).
struct SpaceReserve: Sendable {
    static let byteCount = 16 << 20
    private static let step = 4 << 20

    private let directory: StateDirectory
    /// How much is set aside at the moment.
    private var heldCount = 0

    init(in directory: StateDirectory) {
        self.directory = directory
    }

    /// Sets aside what is missing, or as much of it as there is; false where it is not all.
    mutating func take() -> Bool {
        if heldCount == Self.byteCount { return true }
        guard let file = open() else { return false }
        defer { try? file.close() }
        for target in stride(from: Self.byteCount, to: heldCount, by: -Self.step) {
            if allocate(target, of: file) {
                heldCount = target
                return target == Self.byteCount
            }
        }
        // What was allocated up to the error is missed by others, and is too little to help.
        _ = try? file.resize(to: Int64(heldCount))
        return false
    }

    /// Gives a part back; false where nothing was left.
    mutating func release() -> Bool {
        guard heldCount > 0, let file = open() else { return false }
        defer { try? file.close() }
        heldCount -= Self.step
        do {
            try file.resize(to: Int64(heldCount))
            return true
        } catch {
            return false
        }
    }

    private func open() -> FileDescriptor? {
        try? directory.open(directory.reserve, .writeOnly, options: [.create, .closeOnExec, .noFollow])
    }

    private func allocate(_ count: Int, of file: FileDescriptor) -> Bool {
        var result: CInt
        repeat {
            result = posix_fallocate(file.rawValue, 0, off_t(count))
        } while result == EINTR
        return result == 0
    }
}
