// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import SystemPackage

/// A worker as the supervisor sees it.
final class SupervisedWorker {
    let kind: WorkerKind
    let child: ChildProcess
    let socket: HeldDescriptor
    /// What it works on. The descriptor that came with it is kept until the worker has closed its own: until then to
    /// close it could hang, and for a worker that is lost over it, it surely would.
    var task: WaitingRequest?
    private(set) var hasDoneAny = false

    /// Starts a process of this program as a worker.
    ///
    /// - Parameters:
    ///   - asker: the socket to the broker, for the worker's answers.
    ///   - held: what is held of the protected paths; the worker gets it too.
    init(kind: WorkerKind, arguments: OpenerArguments, asker: HeldDescriptor, held: HeldPlaces) throws(Errno) {
        let sockets = try MessageSocket.pair(.seqpacket)
        self.kind = kind
        child = try ChildProcess.spawn(
            "/proc/self/exe", arguments: ["vault-opener"] + held.naming(arguments).words(for: kind, parent: getpid()),
            passing: [(HeldDescriptor(sockets.second), 3), (asker, 4)] + held.passing, directory: "/")
        socket = HeldDescriptor(sockets.first)
    }

    /// - Parameter deadline: when it has had its time.
    /// - Returns: false if the worker is not there to take it.
    func start(_ task: WaitingRequest, until deadline: Int64) -> Bool {
        let descriptors = task.message.descriptor.map { [$0] } ?? []
        do {
            try MessageSocket.send(task.message.bytes.span, passing: descriptors, on: socket, flags: .dontWait)
        } catch {
            return false
        }
        self.task = task
        self.task?.runDeadline = deadline
        return true
    }

    /// What its socket brings.
    enum Word {
        case nothingYet
        /// Its task is done, answered, and closed.
        case done
        /// It has ended, or does not keep to the form.
        case broken
        /// It has ended without having read its request.
        case endedBefore
    }

    func hear() -> Word {
        do {
            guard let report = try WorkerReport.receive(on: socket), report.id == task?.request.id else {
                return .broken
            }
            hasDoneAny = true
            return .done
        } catch .resourceTemporarilyUnavailable {
            return .nothingYet
        } catch .connectionReset {
            // What a Unix socket says whose peer was closed with something unread.
            return .endedBefore
        } catch {
            return .broken
        }
    }

    func kill() { try? child.signal(SIGKILL) }

    /// The signal that ended a worker whose socket is closed. Between the closing and the end is a moment, for which
    /// this waits; not longer, for all others would wait as well.
    func endingSignal() -> CInt? {
        _ = try? Readiness.wait(
            for: .readable, on: child.pidfd, until: BootTime.now.advanced(by: .milliseconds(20)))
        guard case .killed(let signal, _) = try? child.reap() else { return nil }
        return signal
    }
}
