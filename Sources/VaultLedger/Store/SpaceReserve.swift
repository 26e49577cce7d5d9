// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Records
internal import SystemPackage

/// Space kept aside for the records of revocations and of the stop: a preallocated file that is given back to the file
/// system, a part at a time, when that is full and they need it
/// (Decisions: a revocation holds before its record).
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
        guard let file = try? open() else { return false }
        for target in stride(from: Self.byteCount, to: heldCount, by: -Self.step) {
            if (try? file.allocate(Int64(target))) != nil {
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
        guard heldCount > 0, let file = try? open() else { return false }
        heldCount -= Self.step
        return (try? file.resize(to: Int64(heldCount))) != nil
    }

    private func open() throws(LedgerError) -> OwnedDescriptor {
        try directory.open(directory.reserve, O_WRONLY | O_CREAT)
    }
}
