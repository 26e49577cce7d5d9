// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// Descriptors at the numbers where a program looks for them.
struct DescriptorPlacement: Equatable {
    /// The number that the program will find it at.
    var target: CInt
    /// The descriptor now; several places can have the same one.
    var source: CInt

    /// Puts each descriptor at its number, where it stays open over `execve(2)`; what was there is closed.
    ///
    /// All sources are first copied above all targets, so that none is overwritten before its turn; whatever is at a
    /// target but not among the sources is lost. The copies are close-on-exec.
    /// - Throws: the target that cannot be had, and why: `EBADF` and `EINVAL` for one that is not below the limit of
    ///   open files.
    static func carryOut(_ placements: [DescriptorPlacement]) throws(Problem) {
        let floor = max(placements.map(\.target).max() ?? 0, STDERR_FILENO) + 1
        var moved: [(from: CInt, to: CInt)] = []
        for placement in placements {
            do throws(Errno) {
                let copy = try OwnedDescriptor.duplicate(of: placement.source, atOrAbove: floor)
                moved.append((copy.release(), placement.target))
            } catch {
                throw Problem(target: placement.target, error: error)
            }
        }
        for (from, to) in moved.sorted(by: { $0.to < $1.to }) {
            do throws(Errno) {
                try SystemCall.retrying { dup2(from, to) }
            } catch {
                throw Problem(target: to, error: error)
            }
            close(from)
        }
    }

    struct Problem: Error, Equatable {
        let target: CInt
        let error: Errno
    }
}
