// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import SystemPackage

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
