// SPDX-License-Identifier: Apache-2.0

import Descriptors
import OpenerWire
import SystemPackage

/// The workers that were killed and have not died: in an open(2) that never returns a process cannot be killed, nor can
/// it be waited for. And those that only have to be reaped.
struct Hangs {
    private var workers: [EndingWorker] = []
    /// Descriptors of requests that were refused because something hangs. To close them might hang as well.
    private var kept: [HeldDescriptor] = []

    /// With so many abandoned workers, what lies on a file system that has some of them is not opened any more.
    static let limit = 16

    /// So many descriptors are kept at most.
    private static let keptLimit = 128

    /// How many were killed over a path and have not ended.
    var abandonedCount: Int { workers.count { $0.path != nil } }

    /// Room for the descriptors of further requests.
    var roomForDescriptors: ControlRoom { kept.count < Self.keptLimit ? .descriptors(1) : .none }

    /// Takes a descriptor that is not needed any more, and closes it when nothing hangs.
    mutating func dispose(_ descriptor: HeldDescriptor?) {
        if let descriptor, workers.contains(where: { $0.path != nil }) { kept.append(descriptor) }
    }

    /// The pidfds to wait for.
    var pidfds: [HeldDescriptor] { workers.map { $0.worker.child.pidfd } }

    /// Takes over a worker that has been killed.
    ///
    /// - Parameter path: what it was killed over, if that took too long.
    mutating func add(_ worker: SupervisedWorker, over path: String?) {
        workers.append(
            EndingWorker(
                worker: worker, path: path, mount: path.flatMap(Self.mountPoint),
                decision: SystemClock.bootTimeUSec() + Self.timeToDie))
    }

    /// A process that can be killed needs no longer to die, in microseconds.
    private static let timeToDie: Int64 = 100_000

    /// Whether it is not known yet if a worker that was killed over this path hangs in it.
    func isUndecided(about path: String) -> Bool {
        let now = SystemClock.bootTimeUSec()
        return workers.contains { $0.path == path && $0.decision > now }
    }

    /// When the next of these questions is decided, in microseconds of the boot clock.
    var nextDecision: Int64? {
        let now = SystemClock.bootTimeUSec()
        return workers.filter { $0.path != nil && $0.decision > now }.map(\.decision).min()
    }

    /// Reaps those that have ended.
    mutating func reap() {
        workers.removeAll { ending in
            do throws(Errno) {
                return try ending.worker.child.reap() != nil
            } catch {
                // Nobody else reaps them, so there is no such child any more.
                return true
            }
        }
        if !workers.contains(where: { $0.path != nil }) { kept = [] }
    }

    /// Why a path is not to be opened now; nil if nothing speaks against it.
    func objection(to path: String) -> OpenerReason? {
        if workers.contains(where: { $0.path == path }) { return .pathHangs }
        let abandoned = workers.filter { $0.path != nil }
        guard abandoned.count >= Self.limit, let mount = Self.mountPoint(of: path) else { return nil }
        return abandoned.contains { $0.mount == mount } ? .mountHangs : nil
    }

    /// Where the file system of a path is mounted, as far as the path itself says. The supervisor resolves no links:
    /// that could hang.
    private static func mountPoint(of path: String) -> [UInt8]? {
        guard let mounts = try? MountTable.read() else { return nil }
        return mounts.mount(containing: Array(path.utf8))?.point
    }

    private struct EndingWorker {
        let worker: SupervisedWorker
        let path: String?
        let mount: [UInt8]?
        let decision: Int64
    }
}
