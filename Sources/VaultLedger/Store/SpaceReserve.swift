// SPDX-License-Identifier: Apache-2.0

import Glibc
internal import SystemPackage

/// Space kept aside for the records of revocations and of the stop: a preallocated file that is given up when the file
/// system is full and they need it (RULINGS 9).
struct SpaceReserve: Sendable {
    static let byteCount = 16 << 20

    private let directory: StateDirectory
    /// Whether the space is set aside.
    private(set) var isHeld = false

    init(in directory: StateDirectory) {
        self.directory = directory
    }

    /// Sets the space aside where it is not; false where there is none.
    mutating func take() -> Bool {
        if isHeld { return true }
        guard
            let file = try? directory.open(directory.reserve, .writeOnly, options: [.create, .closeOnExec, .noFollow])
        else { return false }
        defer { try? file.close() }
        var result: CInt
        repeat {
            result = posix_fallocate(file.rawValue, 0, off_t(Self.byteCount))
        } while result == EINTR
        if result != 0 {
            // What was allocated up to the error would only be missed by the others.
            _ = try? file.resize(to: 0)
        }
        isHeld = result == 0
        return isHeld
    }

    /// Gives the space back to the file system.
    mutating func giveUp() {
        isHeld = false
        unlink(directory.reserve.string)
    }
}
