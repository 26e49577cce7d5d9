// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import Processes
import SystemPackage

/// A request between its arrival and its answer.
struct WaitingRequest {
    let message: RequestMessage
    let request: OpenerRequest
    /// What a worker may hang over, and only one at a time; nil for what does not touch a file.
    let path: String?
    /// How it counts when workers are shared.
    let claim: WorkerShares.Claim
    /// Until when it may wait for a worker: microseconds of the boot clock.
    let queueDeadline: Int64
    /// Once it runs: when its worker has had its time.
    var runDeadline: Int64?
    private var isSecondAttempt = false

    init(_ request: OpenerRequest, message: RequestMessage, queueDeadline: Int64, _ served: inout ServedMounts) {
        self.message = message
        self.request = request
        self.queueDeadline = queueDeadline
        switch request.operation {
        case .open(let open): path = open.path
        case .fifo(let path, _, _), .memory(let path, _, _, _): self.path = path
        case .listenUnix(let listener): path = listener.abstractName == nil ? listener.path : nil
        case .connectUnix(let path, _, _): self.path = path
        case .watch(let watch): path = watch.path
        case .helper(let run): path = run.path
        // The kernel's name of what is open, which asks no file system.
        case .reopen, .content: path = message.descriptor.flatMap { Self.name(of: $0) }
        case .copy, .listenInternet, .connectInternet, .connectName, .inspect, .executable, .census: path = nil
        }
        claim = WorkerShares.Claim(
            account: request.account,
            servedMount: path.flatMap { served.point(above: $0, now: SystemClock.bootTimeUSec()) })
    }

    /// Which workers can do it.
    var kind: WorkerKind {
        switch request.operation {
        case .inspect, .executable: .inspector
        case .open, .reopen, .copy, .content, .fifo, .listenInternet, .listenUnix, .connectInternet, .connectName,
            .connectUnix, .memory, .helper, .census, .watch:
            .general
        }
    }

    /// The worker that does it changes its ids, and cannot change them back.
    var usesUpWorker: Bool {
        switch request.operation {
        case .listenUnix(let listener): listener.uid != nil
        case .connectUnix: true
        default: false
        }
    }

    /// The same for another worker, after one died over it: once, and only what changes nothing.
    var again: WaitingRequest? {
        guard !isSecondAttempt, changesNothing else { return nil }
        var again = self
        again.isSecondAttempt = true
        again.runDeadline = nil
        return again
    }

    private var changesNothing: Bool {
        switch request.operation {
        // To open a device can be an act.
        case .open(let open): open.flags & (O_CREAT | O_TRUNC) == 0 && open.mustBe != .characterDevice
        case .reopen, .copy, .content, .memory, .inspect, .executable, .census, .watch: true
        case .fifo, .listenInternet, .listenUnix, .connectInternet, .connectName, .connectUnix, .helper: false
        }
    }

    /// A worker that runs a helper or connects keeps the time limit itself; it only needs time to say so.
    var grace: Int64 {
        switch request.operation {
        case .helper, .connectInternet, .connectName, .connectUnix: 1_000_000
        default: 0
        }
    }

    private static func name(of descriptor: HeldDescriptor) -> String? {
        (try? DescriptorStatus.place(of: descriptor)).map { String(decoding: $0, as: UTF8.self) }
    }
}
