// SPDX-License-Identifier: Apache-2.0

import BasicContainers
import Descriptors
import Glibc
import SystemPackage

/// Descriptors at the numbers where a program looks for them.
struct DescriptorPlacement: Equatable {
    /// The number that the program will find it at.
    var target: CInt
    /// Which descriptor; several places can have the same one.
    var source: Int

    /// Puts each descriptor at its number, where it stays open over `execve(2)`; what was there is closed.
    ///
    /// All sources are first copied above all targets and then closed, so that none is overwritten before its turn;
    /// whatever else is at a target is lost. The copies are close-on-exec.
    /// - Throws: the target that cannot be had, and why: `EBADF` and `EINVAL` for one that is not below the limit of
    ///   open files.
    static func carryOut(
        _ placements: [DescriptorPlacement], of sources: consuming UniqueArray<OwnedDescriptor>
    ) throws(Problem) {
        let floor = max(placements.map(\.target).max() ?? 0, STDERR_FILENO) + 1
        var moved: [(from: HeldDescriptor, to: CInt)] = []
        for placement in placements {
            do throws(Errno) {
                let copy = try sources[placement.source].duplicate(atOrAbove: floor)
                moved.append((HeldDescriptor(copy), placement.target))
            } catch {
                throw Problem(target: placement.target, error: error)
            }
        }
        sources.removeAll()
        for (from, to) in moved.sorted(by: { $0.to < $1.to }) {
            do throws(Errno) {
                try SystemCall.retrying(on: from) { dup2($0, to) }
            } catch {
                throw Problem(target: to, error: error)
            }
        }
    }

    struct Problem: Error, Equatable {
        let target: CInt
        let error: Errno
    }
}
