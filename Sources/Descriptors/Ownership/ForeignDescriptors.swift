// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Synchronization

/// Closing what strangers have passed.
///
/// `close(2)` can hang: on a file system that is a process (FUSE) the last one waits for that process, on one of the network for
/// a server, and so does that of a TCP socket that lingers. Whoever passes descriptors to a daemon must not be able to stop it by
/// that. So an ``OwnedDescriptor`` that was received as foreign is closed, wherever its life ends, on a thread that can be lost: while one
/// hangs, another takes its place, up to ``mostThreads``. Beyond these, what is to be closed waits, and stays open until then.
///
/// So that who lets all of these hang keeps nothing open but what is like his own, there are lanes, each with its threads: what is
/// the kernel's own, or lies on a file system of this machine, and cannot hang; Unix sockets, in which something may lie unread
/// that lingers; connections with something unread; and the rest.
public enum ForeignDescriptors {
    /// As many threads may hang in `close(2)` before what is to be closed has to wait for them: of each lane.
    public static let mostThreads = 16

    /// A thread that has been at one descriptor for so long counts as lost until it comes back, in microseconds.
    private static let patienceUSec: Int64 = 50_000
    /// So many are looked at with one look at the table of mounts.
    private static let mostAtOnce = 256

    private enum Lane: Int, CaseIterable {
        /// Those of which it is not known yet, and those that cannot hang.
        case first
        case unixSockets
        /// Connections in which something lies that nobody has read.
        case connections
        case others
    }

    private struct Queue {
        var waiting: [CInt] = []
        /// What a thread has taken out to look at.
        var lookedAt = 0
        /// When each thread took up what it is closing; by a number of its own.
        var began: [UInt64: Int64] = [:]
        var nextThread: UInt64 = 0

        /// A number for another thread, where one is needed.
        mutating func thread(_ now: Int64) -> UInt64? {
            let isSomebodyAtIt = began.values.contains { now - $0 < patienceUSec }
            guard !waiting.isEmpty, !isSomebodyAtIt, began.count < mostThreads else { return nil }
            nextThread += 1
            began[nextThread] = now
            return nextThread
        }
    }

    private static let queues = Mutex(Array(repeating: Queue(), count: Lane.allCases.count))

    /// How many are waiting to be closed, or being closed.
    public static var count: Int {
        queues.withLock { $0.reduce(0) { $0 + $1.waiting.count + $1.lookedAt + $1.began.count } }
    }

    /// Has a descriptor closed, soon.
    static func close(_ number: CInt) { add([number], to: .first) }

    /// Has a connection closed whose other end a stranger has: what lies unread in it may hang, and would do so here.
    static func closeConnection(_ number: CInt) {
        // From here on nothing comes in.
        _ = shutdown(number, CInt(SHUT_RD))
        var bytes: CInt = 0
        guard linux_incoming_queue(number, &bytes) != 0 || bytes > 0 else {
            _ = OwnedDescriptor.close(number)
            return
        }
        add([number], to: .connections)
    }

    private static func add(_ numbers: [CInt], to lane: Lane) {
        let now = SystemClock.bootTimeUSec()
        let thread = queues.withLock { queues -> UInt64? in
            queues[lane.rawValue].waiting += numbers
            return queues[lane.rawValue].thread(now)
        }
        guard let thread else { return }
        startThread(named: "vault-close") { run(lane, as: thread) }
    }

    private static func run(_ lane: Lane, as thread: UInt64) {
        while true {
            let numbers = queues.withLock { queues -> [CInt] in
                let count = min(queues[lane.rawValue].waiting.count, lane == .first ? mostAtOnce : 1)
                // Whoever finds nothing ends under the lock, so that what is added later starts another.
                queues[lane.rawValue].began[thread] = count == 0 ? nil : SystemClock.bootTimeUSec()
                defer { queues[lane.rawValue].waiting.removeLast(count) }
                queues[lane.rawValue].lookedAt += lane == .first ? count : 0
                return Array(queues[lane.rawValue].waiting.suffix(count))
            }
            guard !numbers.isEmpty else { return }
            switch lane {
            case .first: sort(numbers)
            case .connections:
                drain(Borrowed(lentNumber: LentNumber(numbers[0])))
                _ = OwnedDescriptor.close(numbers[0])
            case .unixSockets, .others: _ = OwnedDescriptor.close(numbers[0])
            }
        }
    }

    /// Takes out what nobody has read: what came with it is closed like everything that strangers pass.
    private static func drain(_ socket: Borrowed) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 1)
        defer { buffer.deallocate() }
        while let message = try? MessageSocket.receive(
            into: buffer, room: .mostDescriptors, on: socket, flags: .dontWait, areForeign: true)
        {
            guard message.byteCount > 0 else { return }
        }
    }

    /// Closes what cannot hang, and hands on the rest.
    private static func sort(_ numbers: [CInt]) {
        // As long as a file is open its mount keeps its number: a table that is read now is true of all of these.
        var mounts: [Int: String]?
        for number in numbers {
            let lane = lane(LentNumber(number), &mounts)
            if lane == .first { _ = OwnedDescriptor.close(number) } else { add([number], to: lane) }
            queues.withLock { $0[Lane.first.rawValue].lookedAt -= 1 }
        }
    }

    /// Asks no file system.
    private static func lane(_ number: LentNumber, _ mounts: inout [Int: String]?) -> Lane {
        let descriptor = Borrowed(lentNumber: number)
        guard let type = try? DescriptorType(of: descriptor) else { return .others }
        if type.rawValue.utf8.starts(with: "unix-".utf8) { return .unixSockets }
        switch type {
        case .pipe, .memory, .processDescriptor, .namespace: return .first
        case .regularFile, .directory, .fifo:
            let mount = (try? DescriptorInformation(of: descriptor))?.mountID
            let known = mounts ?? (try? MountedFileSystem.types()) ?? [:]
            mounts = known
            return mount.flatMap { known[$0] }.map(MountedFileSystem.harmless.contains) == true ? .first : .others
        default:
            switch type.rawValue {
            case "eventfd", "epoll", "timerfd", "signalfd", "inotify", "udp", "netlink": return .first
            case "tcp", "tcp-listener": return (try? SocketOption.lingers(descriptor)) == false ? .first : .others
            default: return .others
            }
        }
    }

    private struct Borrowed: Descriptor {
        let lentNumber: LentNumber
    }
}
