// SPDX-License-Identifier: Apache-2.0

internal import Descriptors
import Glibc
internal import SystemPackage

/// A terminal of some size (`pty(7)`) for a program to run on, whose keys a test types.
package struct PseudoTerminal: Sendable {
    package var columns: UInt16
    package var rows: UInt16

    package init(columns: UInt16 = 80, rows: UInt16 = 24) {
        self.columns = columns
        self.rows = rows
    }

    /// What a program shows, and what is typed then.
    package struct Step: Sendable {
        let shown: String
        let typed: String

        package init(when shown: String, type typed: String) {
            self.shown = shown
            self.typed = typed
        }
    }

    /// Runs a command with this as its controlling terminal, standard input, output and error.
    ///
    /// - Parameter steps: one after the other; what is waited for is looked for behind what the step before waited for.
    /// - Returns: how it ended, and all that was shown, with line feeds alone at the ends of lines.
    package func run(_ command: Command, _ steps: Step...) async throws -> CommandResult {
        try await onThread { try runOnThread(command, steps) }
    }

    private func runOnThread(_ command: Command, _ steps: [Step]) throws -> CommandResult {
        let (terminal, device) = try open()
        // A new session, with what is its standard input as its terminal.
        let child = try ChildProcess.spawn(
            Command.find("setsid") ?? "/usr/bin/setsid",
            arguments: ["setsid", "--ctty", "--wait", command.path.string] + command.arguments,
            environment: command.environment, passing: [(device, 0), (device, 1), (device, 2)],
            directory: command.directory)
        _ = consume device
        var shown: [UInt8] = []
        var (steps, searched) = (steps[...], 0)
        let end = BootTime.now.advanced(by: command.timeLimit)
        while true {
            let ready = try Readiness.wait(for: .readable, on: terminal, until: end)
            guard !ready.isEmpty else {
                try child.signal(SIGKILL)
                throw WaitTimeout(
                    what: "\(command.description) to show '\(steps.first?.shown ?? "its end")': "
                        + String(decoding: shown, as: UTF8.self), limit: command.timeLimit)
            }
            guard let chunk = try? Self.read(from: terminal), !chunk.isEmpty else { break }
            shown += chunk
            while let step = steps.first, let found = Self.end(of: step.shown, in: shown, from: searched) {
                searched = found
                steps = steps.dropFirst()
                try terminal.writeAll(Array(step.typed.utf8).span)
            }
        }
        let text = shown.filter { $0 != UInt8(ascii: "\r") }
        return CommandResult(status: try child.wait(), output: text, errors: [])
    }

    /// - Throws: `EIO` when nobody has the other side open any more.
    private static func read(from terminal: HeldDescriptor) throws -> [UInt8] {
        try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            let count = try terminal.read(into: buffer)
            return Array(buffer[..<count])
        }
    }

    private static func end(of text: String, in bytes: [UInt8], from start: Int) -> Int? {
        let wanted = Array(text.utf8)
        guard bytes.count - start >= wanted.count else { return nil }
        return (start...(bytes.count - wanted.count)).first { bytes[$0...].starts(with: wanted) }.map {
            $0 + wanted.count
        }
    }

    /// The numbers of two requests of `ioctl_tty(2)` that come as no constants.
    private static let unlock: UInt = 0x4004_5431  // TIOCSPTLCK
    private static let number: UInt = 0x8004_5430  // TIOCGPTN

    private func open() throws(Errno) -> (HeldDescriptor, HeldDescriptor) {
        let terminal = try OwnedDescriptor.open("/dev/ptmx", flags: O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (isLocked, device) = (CInt(0), CInt(0))
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        let isReady = terminal.withUnsafeNumber { number in
            ioctl(number, Self.unlock, &isLocked) == 0 && ioctl(number, Self.number, &device) == 0
                && ioctl(number, UInt(TIOCSWINSZ), &size) == 0
        }
        guard isReady else { throw Errno(rawValue: errno) }
        let path = FilePath("/dev/pts/\(device)")
        let flags = O_RDWR | O_NOCTTY | O_CLOEXEC
        return (HeldDescriptor(terminal), HeldDescriptor(try OwnedDescriptor.open(path, flags: flags)))
    }
}
