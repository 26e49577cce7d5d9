// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// Passes on what a command tells the service manager (sd_notify(3)), as if the parent, which is the service's main process, had
/// told it: a manager with `NotifyAccess=main` listens to nobody else.
struct NotifyRelay {
    let socket: HeldDescriptor
    private let manager: ServiceNotifier

    /// The longest message; what is longer is dropped, as the manager would cut it.
    private static let mostBytes = 4096
    private static let room = ControlRoom.descriptorsOfProcess(MessageSocket.mostDescriptors)

    /// Has `NOTIFY_SOCKET` lead here. Nil where there is no manager.
    init?() throws(Errno) {
        guard let manager = ServiceNotifier() else { return nil }
        self.manager = manager
        let name = "vault-exec/\(getpid())/\(String(UInt64.random(in: 0 ... .max), radix: 16))"
        socket = HeldDescriptor(
            try UnixSocket.bind(to: .abstract(Array(name.utf8)), type: .datagram, nonBlocking: true, passSender: true))
        setenv("NOTIFY_SOCKET", "@\(name)", 1)
        // It names this process, and a command would take that for another's.
        unsetenv("WATCHDOG_PID")
    }

    /// Passes on one message, if there is one. Only what the command sends or what it has started, whoever that is by now, or what
    /// this user's processes or root's do: the name is open to everybody.
    /// - Parameters:
    ///   - command: its process.
    ///   - isRestarting: the command ends because it is to be run anew; the service does not.
    /// - Returns: whether there was one.
    func passOn(of command: Int32, isRestarting: Bool) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: Self.mostBytes + 1, alignment: 1) { buffer in
            guard var message = try? MessageSocket.receive(into: buffer, room: Self.room, on: socket) else {
                return false
            }
            guard let sender = message.credentials, !message.isTruncated, !message.isControlTruncated,
                [geteuid(), 0].contains(sender.uid) || Self.isBelow(command, sender.pid)
            else { return true }
            var descriptors: [HeldDescriptor] = []
            while let descriptor = message.descriptors.popLast() {
                descriptors.insert(HeldDescriptor(descriptor), at: 0)
            }
            let lines = Self.lines(Array(buffer[..<message.byteCount]), isRestarting: isRestarting)
            guard !lines.isEmpty else { return true }
            try? manager.notify(lines, passing: descriptors)
            return true
        }
    }

    /// Whether a process is the command, or its parent is, or that one's parent, and so on.
    private static func isBelow(_ command: Int32, _ process: Int32) -> Bool {
        var process = process
        while process > 1, process != command {
            // The name of the program, in brackets, may hold anything.
            guard let stat = try? OwnedDescriptor.open(FilePath("/proc/\(process)/stat")).readAll(limit: 4096),
                let end = stat.lastIndex(of: UInt8(ascii: ")")),
                let parent = String(decoding: stat[(end + 1)...], as: UTF8.self).split(at: " ").dropFirst().first
            else { return false }
            process = Int32(parent) ?? 0
        }
        return process > 1
    }

    /// Without those that would make another process the main one; and without the end of what is run anew, for which the manager
    /// would wait and then kill all that runs.
    private static func lines(_ bytes: [UInt8], isRestarting: Bool) -> [String] {
        bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }.filter { line in
            !["MAINPID=", "MAINPIDFDID=", "MAINPIDFD="].contains { line.hasPrefix($0) }
                && !(isRestarting && line == "STOPPING=1")
        }
    }
}
