// SPDX-License-Identifier: Apache-2.0

import Descriptors
import OpenerWire
import SystemPackage

/// The workers that were killed and have not died: in an open(2) that never returns a process cannot be killed, nor can
/// it be waited for. And those that only have to be reaped.
struct Hangs {
    private var workers: [EndingWorker] = []

    /// With so many abandoned workers, what lies on a file system that has some of them is not opened any more.
    static let limit = 16

    /// The pidfds to wait for, borrowed.
    var pidfds: [CInt] { workers.map { $0.worker.child.pidfd.raw } }

    /// Takes over a worker that has been killed.
    ///
    /// - Parameter path: what it was killed over, if that took too long.
    mutating func add(_ worker: SupervisedWorker, over path: String?) {
        workers.append(EndingWorker(worker: worker, path: path, mount: path.flatMap(Self.mountPoint)))
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
    }
}
