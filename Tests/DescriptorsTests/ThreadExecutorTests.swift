// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import Testing
import VaultTestKit

private actor Resident {
    private let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private var numbers: [Int] = []

    init(name: String, turn: ThreadExecutor.Turn = .asOthers) {
        executor = ThreadExecutor(name: name, turn: turn)
    }

    /// The policy of the thread's scheduling, and how nice it is.
    func schedule() -> [Int32] { [sched_getscheduler(0), getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)] }

    /// The id of its thread, from the kernel: glibc declares `pthread_self` constant, so that where this is inlined the caller's
    /// own from before it came here would do.
    func add(_ number: Int) -> pid_t {
        numbers.append(number)
        return linux_thread_id()
    }

    func all() -> [Int] { numbers }

    nonisolated func assumed() -> Bool { assumeIsolated { !$0.numbers.isEmpty } }

    func assumedWithin() -> Bool { assumed() }
}

@Suite struct ThreadExecutorTests {
    @Test("A thread gives way as it was told to, and no other thread does")
    func turns() async {
        // What a thread starts with, it has of the one that starts it: whoever runs the tests may have made them nice.
        let ours = [sched_getscheduler(0), getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)]
        #expect(await Resident(name: "idle", turn: .whenIdle).schedule() == [5, ours[1]], "SCHED_IDLE")
        #expect(await Resident(name: "nice", turn: .nice(15)).schedule() == [ours[0], max(ours[1], 15)])
        #expect(await Resident(name: "nicer", turn: .nice(19)).schedule() == [ours[0], 19])
        #expect(await Resident(name: "early", turn: .early).schedule() == ours)
        #expect(await Resident(name: "others").schedule() == ours)
    }

    @Test("All work of an actor runs on one thread of its own, in order")
    func oneThread() async {
        let resident = Resident(name: "resident")
        var threads: Set<pid_t> = []
        for number in 0..<500 { threads.insert(await resident.add(number)) }
        #expect(threads.count == 1)
        #expect(await resident.all() == Array(0..<500))
        #expect(await resident.assumedWithin())
        let other = Resident(name: "other")
        #expect(await !threads.contains(other.add(1)))
        // Its thread is there as long as it is, and no other has that name meanwhile.
        withExtendedLifetime(resident) {}
    }

    @Test("The thread bears its name while the executor lives, and ends with it")
    func lifetime() async throws {
        func threadNames() -> [String] {
            directoryEntries("/proc/self/task").compactMap { task in
                guard let file = fopen("/proc/self/task/\(task)/comm", "r") else { return nil }
                defer { fclose(file) }
                var line = [CChar](repeating: 0, count: 32)
                guard fgets(&line, 32, file) != nil else { return nil }
                return String(
                    decoding: line.prefix { $0 != 10 && $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
        }
        do {
            let resident = Resident(name: "shortlived")
            _ = await resident.add(1)
            #expect(threadNames().contains("shortlived"))
        }
        try await waitUntil("the thread to end") { !threadNames().contains("shortlived") }
        #expect(!threadNames().contains("shortlived"))
    }
}
