// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import OpenerWire
import Processes
import Synchronization
import SystemPackage
import VaultTestKit

@testable import VaultBroker

/// A real opener, asked through the broker's client on an event loop of its own thread.
actor OpenerUnderTest {
    nonisolated let pid: Int32
    private nonisolated let loop: EventLoop
    private var client: OpenerClient?
    private(set) var death: ExitStatus??

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - openerUID: the user that the opener itself is; root may choose.
    ///   - brokerUID: the user of the thread that asks, as when the broker has given up its privileges.
    ///   - change: of the options, which otherwise have a time limit of 10 s and two workers.
    static func start(
        roots: [String], state: FilePath = "/nonexistent/state", openerUID: UInt32? = nil, brokerUID: UInt32? = nil,
        _ change: (inout OpenerOptions) -> Void = { _ in }
    ) async throws -> OpenerUnderTest {
        var options = OpenerOptions(roots: roots, stateDirectory: state)
        options.timeLimit = .seconds(10)
        options.workers = 2
        change(&options)
        let spawned = try await onThread { [options] in
            if let openerUID { try SystemCall.retrying { linux_thread_setresuid(openerUID, openerUID, openerUID) } }
            let path = BuiltProgram.path("vault-opener")
            return SpawnedOpener(try OpenerProcess.spawn(executable: path, options: options))
        }
        return try await start(process: try spawned.take(), brokerUID: brokerUID, timeLimit: options.timeLimit)
    }

    /// A client of a process that was started elsewhere.
    static func start(
        process: consuming OpenerProcess, brokerUID: UInt32? = nil, timeLimit: Duration = .seconds(10)
    ) async throws -> OpenerUnderTest {
        let opener = try OpenerUnderTest(pid: process.pid)
        startThread { [loop = opener.loop, pid = opener.pid] in
            if let brokerUID {
                let error = linux_thread_setresuid(brokerUID, brokerUID, brokerUID)
                precondition(error == 0, "only root can be another user")
            }
            loop.run()
            // Nobody else waits for it once the client is gone.
            waitpid(pid, nil, 0)
        }
        try await opener.begin(process, timeLimit: timeLimit)
        return opener
    }

    private init(pid: Int32) throws(Errno) {
        self.pid = pid
        loop = try EventLoop()
    }

    private func begin(_ process: consuming OpenerProcess, timeLimit: Duration) throws {
        client = try OpenerClient(process, loop: loop, timeLimit: timeLimit) { [weak self] status in
            self?.assumeIsolated { $0.death = .some(status) }
        }
    }

    /// Ends the opener; its processes go in their own time.
    func close() {
        client?.close()
        client = nil
    }

    deinit {
        loop.stop()
    }

    private var asked: OpenerClient {
        get throws {
            guard let client else { throw Errno.socketNotConnected }
            return client
        }
    }

    var isAlive: Bool { client?.isAlive ?? false }
    var waitingCount: Int { client?.waitingCount ?? 0 }

    /// What it says of its workers.
    func census() async -> OpenerCensus? {
        guard let client else { return nil }
        return await withCheckedContinuation { continuation in client.census { continuation.resume(returning: $0) } }
    }

    /// Whether a completion is called only after the request has returned, whatever comes of it.
    func isCalledBackLater() async -> Bool {
        guard let client else { return false }
        let long = String(repeating: "x", count: 100_000)
        for path in ["/dev/null", "/nonexistent", long] {
            let hasReturned = Atomic(false)
            let isLater = await withCheckedContinuation { continuation in
                client.open(path: path, flags: O_RDONLY, mode: nil) { _ in
                    continuation.resume(returning: hasReturned.load(ordering: .relaxed))
                }
                hasReturned.store(true, ordering: .relaxed)
            }
            guard isLater else { return false }
        }
        return true
    }

    /// The effective user of the asking thread.
    var askingUID: UInt32 {
        var ids: (uid_t, uid_t, uid_t) = (0, 0, 0)
        _ = linux_getresuid(&ids.0, &ids.1, &ids.2)
        return ids.1
    }

    /// Whether the asking thread itself can open a file for reading.
    func canOpenItself(_ path: FilePath) -> Bool { (try? OwnedDescriptor.open(path)) != nil }

    /// Opens a file for reading with the rights of the asking thread.
    func openAsAsker(_ path: FilePath) throws -> HeldDescriptor { HeldDescriptor(try OwnedDescriptor.open(path)) }

    /// What the asking thread itself can find out about a process.
    func inspectAsAsker(_ pidfd: HeldDescriptor) throws -> ProcessFacts {
        let identification = PeerIdentification()
        return try identification.inspect(pidfd: pidfd, kinds: .all).get()
    }

    func request(
        _ operation: OpenerRequest.Operation, passing descriptor: HeldDescriptor? = nil
    ) async throws -> OpenerReply {
        let client = try asked
        let result: Result<OpenerReply, OpenerFailure> = await withCheckedContinuation { continuation in
            client.request(operation, passing: descriptor) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    func open(
        _ path: FilePath, _ flags: CInt = O_RDONLY, create: UInt32? = nil, mustBe kind: OpenPath.Kind = .anything,
        othersMayWrite: Bool = false
    ) async throws -> HeldDescriptor {
        let client = try asked
        let result = await withCheckedContinuation { continuation in
            client.open(
                path: path.string, flags: flags, mode: create, mustBe: kind, othersMayWrite: othersMayWrite
            ) {
                continuation.resume(returning: $0)
            }
        }
        return try result.get()
    }

    func reopen(_ descriptor: HeldDescriptor, _ flags: CInt) async throws -> HeldDescriptor {
        try await reopen(descriptor, flags, count: 1)[0]
    }

    func reopen(_ descriptor: HeldDescriptor, _ flags: CInt, count: Int) async throws -> [HeldDescriptor] {
        let client = try asked
        let result = await withCheckedContinuation { continuation in
            client.reopen(descriptor, flags: flags, count: count) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    func fifo(_ path: FilePath, create: UInt32?) async throws -> (reader: HeldDescriptor, writer: HeldDescriptor) {
        let client = try asked
        let result = await withCheckedContinuation { continuation in
            client.fifo(path: path.string, createMode: create) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    func listen(_ listener: UnixListener) async throws -> HeldDescriptor {
        let client = try asked
        let result = await withCheckedContinuation { continuation in
            client.listen(listener) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    func listen(_ listener: InternetListener) async throws -> HeldDescriptor {
        let client = try asked
        let result = await withCheckedContinuation { continuation in
            client.listen(listener) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    func connect(to address: [UInt8], port: UInt16) async throws -> HeldDescriptor {
        let client = try asked
        let result = await withCheckedContinuation { continuation in
            client.connect(address: address, port: port) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    func connect(toHost host: String, port: UInt16) async throws -> HeldDescriptor {
        let client = try asked
        let result = await withCheckedContinuation { continuation in
            client.connect(host: host, port: port) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    func connect(
        to path: FilePath, as uid: UInt32, kind: UnixListener.Kind = .stream
    ) async throws -> HeldDescriptor {
        let client = try asked
        let result = await withCheckedContinuation { continuation in
            client.connect(path: path.string, kind: kind, as: uid) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    func memory(
        _ path: FilePath, sizeLimit: UInt32, owner: SealedMemory.Owner? = nil
    ) async throws -> HeldDescriptor {
        let client = try asked
        let result = await withCheckedContinuation { continuation in
            client.memory(path: path.string, sizeLimit: sizeLimit, owner: owner) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    func copy(_ memory: HeldDescriptor, owner: SealedMemory.Owner?) async throws -> HeldDescriptor {
        let client = try asked
        let result = await withCheckedContinuation { continuation in
            client.copy(memory, owner: owner) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    func content(_ file: HeldDescriptor, sizeLimit: UInt32) async throws -> HeldDescriptor {
        let client = try asked
        let result = await withCheckedContinuation { continuation in
            client.content(of: file, sizeLimit: sizeLimit) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    func watch(_ path: WatchPath, in queue: HeldDescriptor) async throws -> [Int32] {
        let client = try asked
        let result = await withCheckedContinuation { continuation in
            client.watch(path, in: queue) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    func helper(_ program: [String], _ path: FilePath, _ flags: CInt = O_RDONLY) async throws -> HeldDescriptor {
        let client = try asked
        let run = HelperRun(program: program, path: path.string, flags: flags)
        let result = await withCheckedContinuation { continuation in
            client.runHelper(run) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    func inspect(_ pidfd: HeldDescriptor, _ kinds: ProcessFactKinds) async throws -> ProcessFacts {
        let client = try asked
        let result = await withCheckedContinuation { continuation in
            client.inspect(pidfd: pidfd, kinds: kinds) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }
}

/// A process on its way from the thread that spawned it.
private final class SpawnedOpener: Sendable {
    private let process: Mutex<OpenerProcess?>

    init(_ process: consuming OpenerProcess) { self.process = Mutex(process) }

    func take() throws(Errno) -> OpenerProcess {
        guard let process = process.withLock({ $0.take() }) else { throw .noSuchProcess }
        return process
    }
}

extension OpenerUnderTest {
    /// The opener's workers of one kind that run now.
    nonisolated func workers(_ kind: String = "general") -> [Int32] {
        childProcesses(of: pid).filter { pid in
            let bytes = (try? OwnedDescriptor.open(FilePath("/proc/\(pid)/cmdline")).readAll()) ?? []
            let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            return words.contains(kind)
        }
    }
}

/// The children of a process, zombies too.
func childProcesses(of parent: Int32) -> [Int32] {
    directoryEntries("/proc").compactMap { Int32($0) }.filter { pid in
        guard let status = try? OwnedDescriptor.open(FilePath("/proc/\(pid)/status")).readAll() else { return false }
        return String(decoding: status, as: UTF8.self).contains("\nPPid:\t\(parent)\n")
    }
}

/// Everything that can be read from a descriptor, from where it stands.
func contents(of descriptor: HeldDescriptor) throws -> String {
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = descriptor.withUnsafeNumber { read($0, &buffer, buffer.count) }
        guard count >= 0 else { throw Errno(rawValue: errno) }
        if count == 0 { return String(decoding: text, as: UTF8.self) }
        text += buffer[..<count]
    }
}

/// What a request to the opener fails with.
func failure(_ body: () async throws -> some Any) async -> OpenerFailure? {
    do {
        _ = try await body()
        return nil
    } catch let error as OpenerFailure {
        return error
    } catch {
        return nil
    }
}

/// Whether tests can be other users and make what only root can.
let isRoot = geteuid() == 0
