// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import OpenerWire
import SystemPackage

/// Runs a helper: `PROGRAM <socket> <path> <mode>`, as the book's `my_open` does.
///
/// The helper passes what it opened over the socket, with at least one byte of data, and ends. An exit status other
/// than 0 is the errno. It runs as a user of its own, in a session of its own, without privileges and without a way to
/// gain any, and is killed when its time is over.
struct HelperRunner {
    let arguments: OpenerArguments

    /// The number that the socket has in the helper.
    static let socketNumber: CInt = 3
    /// Where the launcher says why the helper could not be started; closed when it has been.
    static let reportNumber: CInt = 4

    func run(_ request: HelperRun) throws(OpenerFailure) -> HeldDescriptor {
        guard let user = arguments.helperUser, let program = request.program.first,
            arguments.helpers.contains(where: { Self.isSame($0, program) })
        else { throw OpenerFailure(.notPermitted, .helperNotAllowed) }
        Self.reapFormerHelpers()
        var conversation = try start(request, as: user)
        let deadline = SystemClock.bootTimeUSec() + Int64(arguments.timeLimitMilliseconds) * 1000
        let status = try conversation.waitForEnd(until: deadline)
        return try conversation.judge(status)
    }

    /// Component by component and byte by byte, so that slashes count for nothing and names of one text are told apart.
    private static func isSame(_ allowed: String, _ program: String) -> Bool {
        func components(_ path: String) -> [[UInt8]] {
            path.utf8.split(separator: UInt8(ascii: "/")).map { Array($0) }.filter { $0 != [UInt8(ascii: ".")] }
        }
        return program.utf8.first == UInt8(ascii: "/") && components(allowed) == components(program)
    }

    /// A helper that was killed may take a while to die; no other child of this process is left when this is called.
    private static func reapFormerHelpers() {
        while waitpid(-1, nil, WNOHANG) > 0 {}
    }

    private func start(
        _ request: HelperRun, as user: OpenerArguments.UserAndGroup
    ) throws(OpenerFailure) -> HelperConversation {
        try OpenerFailure.reporting(as: .helperNotStarted) { () throws(Errno) in
            let sockets = try MessageSocket.pair(.stream)
            let report = try OwnedDescriptor.pipe(nonBlocking: true)
            let nothing = HeldDescriptor(try OwnedDescriptor.open("/dev/null", flags: O_RDWR))
            let command = request.program + ["\(Self.socketNumber)", request.path, "\(request.flags)"]
            let child = try ChildProcess.spawn(
                "/proc/self/exe",
                arguments: ["vault-opener", "--parent", "\(getpid())", "--launch", "\(user.uid):\(user.gid)"] + command,
                environment: ["PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"],
                passing: [
                    (nothing, 0), (nothing, 1), (HeldDescriptor(sockets.second), Self.socketNumber),
                    (HeldDescriptor(report.writer), Self.reportNumber),
                ],
                directory: "/", newSession: true)
            return HelperConversation(
                child: child, socket: HeldDescriptor(sockets.first), report: report.reader)
        }
    }
}

/// A helper that runs, and what it has sent so far.
struct HelperConversation: ~Copyable {
    private let child: ChildProcess
    private let socket: HeldDescriptor
    private let report: OwnedDescriptor
    private var passed: HeldDescriptor?
    private var passedTooMuch = false

    init(child: consuming ChildProcess, socket: HeldDescriptor, report: consuming OwnedDescriptor) {
        self.child = child
        self.socket = socket
        self.report = report
    }

    /// Takes what the helper sends, until it has ended; kills it when its time is over.
    ///
    /// - Parameter deadline: on the boot clock, in microseconds.
    mutating func waitForEnd(until deadline: Int64) throws(OpenerFailure) -> ExitStatus {
        do throws(Errno) {
            var isSocketOpen = true
            while true {
                let sources = [child.pidfd] + (isSocketOpen ? [socket] : [])
                let ready = try Readiness.wait(
                    forAnyOf: sources.map { ($0, .readable) }, until: BootTime(microseconds: deadline))
                if ready.allSatisfy(\.isEmpty) { break }
                if isSocketOpen, !ready[1].isEmpty { isSocketOpen = try take() != .end }
                guard !ready[0].isEmpty else { continue }
                // What it sent before it ended; others that may hold the other end are not waited for.
                while isSocketOpen, try take() == .message {}
                if let status = try child.reap() { return status }
            }
        } catch {
            kill()
            throw OpenerFailure(error, .helperNotStarted)
        }
        kill()
        throw OpenerFailure(.timedOut, .helperTimedOut)
    }

    /// What came of it.
    consuming func judge(_ status: ExitStatus) throws(OpenerFailure) -> HeldDescriptor {
        switch status {
        case .killed(let signal, _):
            throw OpenerFailure(.ioError, .helperKilled, detail: UInt32(bitPattern: signal))
        case .exited(let status) where status != 0:
            if let errno = reportedErrno() { throw OpenerFailure(errno, .helperNotStarted) }
            throw OpenerFailure(Errno(rawValue: status), .helperFailed)
        case .exited:
            if passedTooMuch { throw OpenerFailure(.protocolError, .helperPassedTooMuch) }
            guard let passed else { throw OpenerFailure(.protocolError, .helperPassedNothing) }
            return passed
        }
    }

    private enum Taken { case message, nothingYet, end }

    /// Receives one message, if one is there. On a stream a descriptor comes with a byte of data or not at all.
    private mutating func take() throws(Errno) -> Taken {
        do {
            return try withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { buffer throws(Errno) -> Taken in
                var message = try MessageSocket.receive(
                    into: buffer, room: .descriptors(1), on: socket, flags: .dontWait)
                if message.isControlTruncated { passedTooMuch = true }
                while !message.descriptors.isEmpty {
                    let descriptor = HeldDescriptor(message.descriptors.removeLast())
                    if passed == nil { passed = descriptor } else { passedTooMuch = true }
                }
                return message.isEndOfFile ? .end : .message
            }
        } catch .resourceTemporarilyUnavailable {
            return .nothingYet
        } catch .connectionReset {
            return .end
        }
    }

    /// The errno that the launcher left, if the program never ran.
    private func reportedErrno() -> Errno? {
        var number: CInt = 0
        let count = withUnsafeMutableBytes(of: &number) { (try? report.read(into: $0)) ?? 0 }
        return count == MemoryLayout<CInt>.size ? Errno(rawValue: number) : nil
    }

    /// Kills the helper and what it has started in its session. It is not waited for.
    private func kill() {
        _ = Glibc.kill(-child.pid, SIGKILL)
        try? child.signal(SIGKILL)
    }
}

/// The short life of a process between a worker and the helper that it becomes: it gives up what it has, then executes.
enum HelperLauncher {
    /// Returns only when the helper could not be started.
    static func run(_ launch: HelperLaunch) -> CInt {
        do throws(Errno) {
            try SystemCall.retrying { fcntl(HelperRunner.reportNumber, F_SETFD, FD_CLOEXEC) }
            try Privileges.become(uid: launch.user.uid, gid: launch.user.gid)
            // After the change of ids, which would take it back. The worker may have ended before.
            try SystemCall.retrying { linux_set_parent_death_signal(SIGKILL) }
            guard getppid() == launch.parent else { return 1 }
            umask(0o022)
            var none = rlimit(rlim_cur: 0, rlim_max: 0)
            try SystemCall.retrying { setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) }
            try execute(launch.command)
        } catch {
            var number = error.rawValue
            _ = write(HelperRunner.reportNumber, &number, MemoryLayout<CInt>.size)
        }
        return 1
    }

    private static func execute(_ command: [String]) throws(Errno) {
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
        arguments.append(nil)
        try SystemCall.retrying { execv(command[0], arguments) }
    }
}
