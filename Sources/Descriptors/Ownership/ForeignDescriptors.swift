// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Synchronization

/// Closing what strangers have passed.
///
/// `close(2)` can hang: on a file system that is a process (FUSE) it waits for that process, on one of the network for
/// a server, and the last one of a TCP socket that lingers for its peer. Whoever passes descriptors to a daemon must not be able to
/// stop it by that. So an ``OwnedDescriptor`` that was received as foreign is closed, wherever its life ends, on a thread that can be
/// lost: while one hangs, another takes its place, up to ``mostThreads``. Beyond these, what is to be closed waits, and stays open
/// until then. A thread that is lost is interrupted: a socket lingers no longer by that.
///
/// So that who lets all of these hang keeps nothing open but what is like his own, there are lanes, each with its threads: what is
/// the kernel's own, or lies on a file system of this machine, and cannot hang; Unix sockets, in which something may lie unread
/// that lingers; connections with something unread; and the rest. And what waits is on the account of who passed it
/// (``ForeignAccount``), so that no more is taken in from there.
public enum ForeignDescriptors {
    /// As many threads may hang in `close(2)` before what is to be closed has to wait for them: of each lane.
    public static let mostThreads = 16

    /// A thread that has been at one descriptor for so long counts as lost until it comes back, in microseconds.
    private static let patienceUSec: Int64 = 50_000
    private static let longestPauseUSec: Int64 = 1_000_000
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

    private struct Closing {
        let number: CInt
        let account: ForeignAccount?

        func close() {
            _ = OwnedDescriptor.close(number)
            closed()
        }

        func closed() {
            account?.add(-1)
            unclosed.subtract(1, ordering: .relaxed)
        }
    }

    private struct Queue {
        /// What a thread is at.
        struct Work {
            /// When it took that up.
            var sinceUSec: Int64
            /// Which thread it is, as soon as it runs.
            var thread: UInt?
        }

        var waiting: [Closing] = []
        /// By a number of its own for each thread.
        var work: [UInt64: Work] = [:]
        var nextThread: UInt64 = 0

        /// A number for another thread, where one is needed.
        mutating func thread(_ now: Int64) -> UInt64? {
            let isSomebodyAtIt = work.values.contains { now - $0.sinceUSec < patienceUSec }
            guard !waiting.isEmpty, !isSomebodyAtIt, work.count < mostThreads else { return nil }
            nextThread += 1
            work[nextThread] = Work(sinceUSec: now)
            return nextThread
        }

        /// A close(2) that waits for a peer returns. What a file system holds up goes on being held up.
        func interruptTheLost(_ now: Int64) {
            for lost in work.values where now - lost.sinceUSec >= patienceUSec {
                // It takes its work out under the same lock before it ends, so it lives.
                if let thread = lost.thread { _ = linux_interrupt_thread(thread) }
            }
        }
    }

    private struct State {
        var queues = Array(repeating: Queue(), count: Lane.allCases.count)
        /// Who passed what is open.
        var accounts: [CInt: ForeignAccount] = [:]
        /// A thread looks from time to time at who waits behind what hangs.
        var isWatched = false
    }

    private static let state = Mutex(State())
    private static let unclosed = Atomic(0)

    /// How many are waiting to be closed, or being closed.
    public static var count: Int { unclosed.load(ordering: .relaxed) }

    /// Notes who has passed what has just come in; nil: nobody in particular.
    static func received(_ numbers: [CInt], _ account: ForeignAccount?) {
        state.withLock { state in
            // The number may have been somebody else's before, who gave it up without closing it as foreign.
            for number in numbers { state.accounts[number] = account }
        }
    }

    /// Has a descriptor closed, soon.
    static func close(_ number: CInt) {
        let account = state.withLock { $0.accounts.removeValue(forKey: number) }
        begin(Closing(number: number, account: account), in: .first)
    }

    /// Has a connection closed whose other end a stranger has: what lies unread in it may hang, and would do so here.
    static func closeConnection(_ number: CInt) {
        // From here on nothing comes in.
        _ = shutdown(number, CInt(SHUT_RD))
        var bytes: CInt = 0
        guard linux_incoming_queue(number, &bytes) != 0 || bytes > 0 else {
            _ = OwnedDescriptor.close(number)
            return
        }
        begin(Closing(number: number, account: nil), in: .connections)
    }

    private static func begin(_ closing: Closing, in lane: Lane) {
        closing.account?.add(1)
        unclosed.add(1, ordering: .relaxed)
        add(closing, to: lane)
    }

    private static func add(_ closing: Closing, to lane: Lane) {
        let now = SystemClock.bootTimeUSec()
        let (thread, isToBeWatched) = state.withLock { state -> (UInt64?, Bool) in
            state.queues[lane.rawValue].waiting.append(closing)
            let thread = state.queues[lane.rawValue].thread(now)
            // What cannot hang needs none, unless it waits.
            let isToBeWatched = !state.isWatched && (thread == nil || lane != .first)
            if isToBeWatched { state.isWatched = true }
            return (thread, isToBeWatched)
        }
        if let thread { start(lane, as: thread) }
        if isToBeWatched { startThread(named: "vault-close", watch) }
    }

    private static func start(_ lane: Lane, as thread: UInt64) {
        startThread(named: "vault-close") {
            _ = linux_allow_interruption()
            run(lane, as: thread)
        }
    }

    /// Gets those on who hang, and those who wait behind them, until there are none.
    private static func watch() {
        var pauseUSec = patienceUSec
        repeat {
            usleep(useconds_t(pauseUSec))
            let now = SystemClock.bootTimeUSec()
            for lane in Lane.allCases {
                let thread = state.withLock { state in
                    state.queues[lane.rawValue].interruptTheLost(now)
                    return state.queues[lane.rawValue].thread(now)
                }
                if let thread { start(lane, as: thread) }
            }
            // What no interruption gets on is looked at seldom while nobody waits for it.
            let isWaitedFor = state.withLock { $0.queues.contains { !$0.waiting.isEmpty } }
            pauseUSec = isWaitedFor ? patienceUSec : min(2 * pauseUSec, longestPauseUSec)
        } while state.withLock { state in
            state.isWatched = state.queues.contains { !$0.waiting.isEmpty || !$0.work.isEmpty }
            return state.isWatched
        }
    }

    private static func run(_ lane: Lane, as thread: UInt64) {
        while true {
            let taken = state.withLock { state -> [Closing] in
                let count = min(state.queues[lane.rawValue].waiting.count, lane == .first ? mostAtOnce : 1)
                // Whoever finds nothing ends under the lock, so that what is added later starts another.
                state.queues[lane.rawValue].work[thread] =
                    count == 0
                    ? nil : Queue.Work(sinceUSec: SystemClock.bootTimeUSec(), thread: linux_thread_token())
                defer { state.queues[lane.rawValue].waiting.removeLast(count) }
                return Array(state.queues[lane.rawValue].waiting.suffix(count))
            }
            guard !taken.isEmpty else { return }
            switch lane {
            case .first: sort(taken)
            case .connections:
                drain(Borrowed(lentNumber: LentNumber(taken[0].number)))
                taken[0].close()
            case .unixSockets, .others: taken[0].close()
            }
        }
    }

    /// Passes over what nobody has read, so that the other end sees no error. There is no room for the descriptors that came with it:
    /// nothing more comes in by an end, and the kernel lets go of them without the flush of a close(2), at which a file system could
    /// hang.
    private static func drain(_ socket: Borrowed) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 1)
        defer { buffer.deallocate() }
        while let message = try? MessageSocket.receive(into: buffer, room: .none, on: socket, flags: .dontWait) {
            guard message.byteCount > 0 else { return }
        }
    }

    /// Closes what cannot hang, and hands on the rest.
    private static func sort(_ taken: [Closing]) {
        // As long as a file is open its mount keeps its number: a table that is read now is true of all of these.
        var mounts: [Int: String]?
        for closing in taken {
            let lane = lane(LentNumber(closing.number), &mounts)
            if lane == .first { closing.close() } else { add(closing, to: lane) }
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
            return isOnHarmlessMount(descriptor, &mounts) ? .first : .others
        case .characterDevice:
            return isOnHarmlessMount(descriptor, &mounts) && isHarmlessDevice(descriptor) ? .first : .others
        default:
            switch type.rawValue {
            case "eventfd", "epoll", "timerfd", "signalfd", "inotify", "udp", "netlink": return .first
            case "tcp", "tcp-listener": return (try? SocketOption.lingers(descriptor)) == false ? .first : .others
            default: return .others
            }
        }
    }

    private static func isOnHarmlessMount(_ descriptor: Borrowed, _ mounts: inout [Int: String]?) -> Bool {
        let mount = (try? DescriptorInformation(of: descriptor))?.mountID
        let known = mounts ?? (try? MountedFileSystem.types()) ?? [:]
        mounts = known
        return mount.flatMap { known[$0] }.map(MountedFileSystem.harmless.contains) == true
    }

    /// `/dev/null` and its like, which are major 1, and pseudo-terminals. Others wait at their end for what they drive.
    private static func isHarmlessDevice(_ descriptor: Borrowed) -> Bool {
        guard let device = try? FileStatus(of: descriptor).representedDevice else { return false }
        let major = (device >> 8 & 0xfff) | (device >> 32 & ~0xfff)
        return major == 1 || (136...143).contains(major)
    }

    private struct Borrowed: Descriptor {
        let lentNumber: LentNumber
    }
}

/// Who passes descriptors, to be told how many of these are still to be closed: one that lets them hang is not to be read from, so
/// that it cannot use up the numbers that the process has.
public final class ForeignAccount: Sendable {
    private let unclosed = Atomic(0)

    public init() {}

    /// How many of what came from there are waiting to be closed, or being closed.
    public var count: Int { unclosed.load(ordering: .relaxed) }

    func add(_ count: Int) { unclosed.add(count, ordering: .relaxed) }
}
