// SPDX-License-Identifier: Apache-2.0

import BasicContainers
import Descriptors
import Glibc
import SystemPackage
import TerminalKit

/// The last steps of `exec`: descriptors to their numbers, the environment, and `execvp(3)`.
struct CommandLaunch {
    let program: String
    /// The program itself counted.
    let argumentCount: Int
    /// Our standard error, where messages still have to go when its number belongs to the command.
    private(set) var savedError: HeldDescriptor?

    /// - Parameter sources: a descriptor for each request of the plan.
    mutating func place(_ plan: PassingPlan, sources: consuming UniqueArray<OwnedDescriptor>) throws {
        let placements = plan.places.map { DescriptorPlacement(target: $0.target, source: $0.request) }
        if placements.contains(where: { $0.target == STDERR_FILENO }) {
            let floor = (placements.map(\.target).max() ?? 0) + 1
            // Without standard error there is nothing to save, and nobody to tell.
            savedError = try? HeldDescriptor(StandardDescriptor.error.duplicate(atOrAbove: floor))
        }
        do throws(DescriptorPlacement.Problem) {
            try DescriptorPlacement.carryOut(placements, of: sources)
        } catch {
            restoreError()
            let option = plan.places.first { $0.target == error.target }?.option ?? "descriptor \(error.target)"
            throw Failure(
                .beforeCommand, "\(option): \(error.error.description)", next: "a number below the limit: ulimit -n")
        }
    }

    /// The variables of sd_listen_fds(3); old ones, which were meant for somebody else, go.
    func announce(_ names: [String]) {
        for name in ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_PIDFDID"] { unsetenv(name) }
        guard !names.isEmpty else { return }
        setenv("LISTEN_FDS", String(names.count), 1)
        // It stays the process's number when it becomes the command.
        setenv("LISTEN_PID", String(getpid()), 1)
        setenv("LISTEN_FDNAMES", names.joined(separator: ":"), 1)
        if let pidfd = try? ProcessDescriptor.open(getpid()), let inode = try? ProcessDescriptor.inode(of: pidfd) {
            setenv("LISTEN_PIDFDID", String(inode), 1)
        }
    }

    /// Becomes the command.
    /// - Returns: why that was not possible; it does not return otherwise.
    func execute() -> Failure {
        // The command is the end of our own arguments. These are their bytes, which need not be UTF-8.
        let arguments = CommandLine.unsafeArgv + (Int(CommandLine.argc) - argumentCount)
        // There is one, or there would be no launch.
        execvp(arguments[0]!, arguments)
        let error = Errno(rawValue: errno)
        restoreError()
        return Failure(
            error == .noSuchFileOrDirectory ? .noCommand : .cannotRun, "\(program): \(error.description)",
            next: "command -v \(program)")
    }

    private func restoreError() {
        savedError?.withUnsafeNumber { dup2($0, STDERR_FILENO) }
    }
}

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
