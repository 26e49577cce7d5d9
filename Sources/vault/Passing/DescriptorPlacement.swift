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
    /// A source whose own number is somebody's target is first moved to a number that is nobody's, so that none is
    /// overwritten before its turn; whatever else is at a target is lost. All sources are closed.
    /// - Throws: the target that cannot be had, and why: `EBADF` for one that is not below the limit of open files.
    static func carryOut(
        _ placements: [DescriptorPlacement], of sources: consuming UniqueArray<OwnedDescriptor>
    ) throws(Problem) {
        let targets = Set(placements.map(\.target))
        var moved: [HeldDescriptor] = []
        while let source = sources.popLast() {
            let index = sources.count
            if source.withUnsafeNumber({ targets.contains($0) }) {
                do throws(Errno) {
                    moved.append(HeldDescriptor(try copy(of: source, outside: targets)))
                } catch {
                    throw Problem(target: placements.first { $0.source == index }?.target ?? -1, error: error)
                }
            } else {
                moved.append(HeldDescriptor(source))
            }
        }
        moved.reverse()
        for placement in placements.sorted(by: { $0.target < $1.target }) {
            do throws(Errno) {
                try SystemCall.retrying(on: moved[placement.source]) { dup2($0, placement.target) }
            } catch {
                throw Problem(target: placement.target, error: error)
            }
        }
    }

    /// A second descriptor, close-on-exec, at the lowest number from 3 on that is free and not one of these.
    static func copy(
        of source: borrowing some Descriptor & ~Copyable, outside targets: Set<CInt>
    ) throws(Errno) -> OwnedDescriptor {
        var lowest = STDERR_FILENO + 1
        while true {
            while targets.contains(lowest) { lowest += 1 }
            let copy = try source.duplicate(atOrAbove: lowest)
            // Several numbers further on may be the next that is free, and again somebody's.
            guard let next = copy.withUnsafeNumber({ targets.contains($0) ? $0 + 1 : nil }) else { return copy }
            lowest = next
        }
    }

    struct Problem: Error, Equatable {
        let target: CInt
        let error: Errno
    }
}
