// SPDX-License-Identifier: Apache-2.0

internal import Descriptors
import Glibc
import Synchronization
internal import SystemPackage

/// The program that shows long output a screen at a time, as git(1) has one: `VAULT_PAGER`, else `PAGER`, else `less`; an
/// empty value and `cat` are none.
///
/// What is written to ``StandardOutput`` is kept until it is more than the screen has, and goes to the program from then
/// on. Who leaves it early has seen what there was to see: what comes after that is lost, and no error.
package enum Pager {
    private enum State {
        case unused
        case keeping([UInt8], lines: Int, command: [String])
        case running(Program, writer: HeldDescriptor)
        /// Somebody left it.
        case left(Program)
    }

    private final class Program: Sendable {
        let child: ChildProcess

        init(_ child: consuming ChildProcess) { self.child = child }
    }

    private static let state = Mutex(State.unused)

    /// From now on, where standard output is a terminal and there is such a program.
    package static func begin() {
        guard Terminal.output.isTerminal, Terminal.output.lines != nil, let command else { return }
        state.withLock { $0 = .keeping([], lines: 0, command: command) }
    }

    /// Whether nobody looks at what is still to come.
    package static var isLeft: Bool {
        state.withLock { state in
            if case .left = state { true } else { false }
        }
    }

    /// Shows what was kept, and waits until the program has ended.
    package static func finish() throws(Failure) {
        let program: Program
        switch exchange(for: .unused) {
        case .unused: return
        case .keeping(let bytes, _, _): return try StandardOutput.writeAtOnce(bytes)
        // It sees the end, since nobody has what writes to it any more.
        case .running(let running, _): program = running
        case .left(let left): program = left
        }
        _ = try? program.child.wait()
        signal(SIGPIPE, SIG_DFL)
        signal(SIGINT, SIG_DFL)
    }

    private static func exchange(for new: State) -> State {
        state.withLock { state in
            defer { state = new }
            return state
        }
    }

    /// Takes what is to be written.
    /// - Returns: false where it is to be written as ever.
    static func take(_ bytes: [UInt8]) throws(Failure) -> Bool {
        switch exchange(for: .unused) {
        case .unused: return false
        case .left(let program): _ = exchange(for: .left(program))
        case .running(let program, let writer): _ = exchange(for: show(bytes, program, writer))
        case .keeping(let kept, let lines, let command):
            let all = kept + bytes
            let count = lines + bytes.count { $0 == UInt8(ascii: "\n") }
            if count < Terminal.output.lines ?? .max {
                _ = exchange(for: .keeping(all, lines: count, command: command))
            } else if let running = start(command), case .running(let program, let writer) = running {
                _ = exchange(for: show(all, program, writer))
            } else {
                try StandardOutput.writeAtOnce(all)
            }
        }
        return true
    }

    private static func show(_ bytes: [UInt8], _ program: Program, _ writer: HeldDescriptor) -> State {
        do throws(Errno) {
            try bytes.span.withUnsafeBytes { buffer throws(Errno) in
                try StandardOutput.writeAll(buffer, to: writer)
            }
            return .running(program, writer: writer)
        } catch {
            return .left(program)
        }
    }

    /// - Returns: `nil` where it cannot be started.
    private static func start(_ command: [String]) -> State? {
        do throws(Errno) {
            let pipe = try OwnedDescriptor.pipe()
            let program = Program(
                try ChildProcess.spawn(
                    FilePath(command[0]), arguments: command, environment: environment,
                    passing: [(HeldDescriptor(pipe.reader), STDIN_FILENO)]))
            // Whoever leaves it does not end this process, and what interrupts it there is its own matter while it runs.
            signal(SIGPIPE, SIG_IGN)
            signal(SIGINT, SIG_IGN)
            startThread(named: "vault-pager") {
                _ = try? Readiness.wait(for: .readable, on: program.child.pidfd)
                signal(SIGINT, SIG_DFL)
            }
            return .running(program, writer: HeldDescriptor(pipe.writer))
        } catch {
            return nil
        }
    }

    /// As git has it: leave when all fits on the screen, show colours, and stay on this screen. Where somebody has become
    /// another user by sudo(8), no commands from within.
    private static var environment: [String] {
        let own = ChildProcess.currentEnvironment
        func has(_ name: String) -> Bool { own.contains { $0.utf8.starts(with: "\(name)=".utf8) } }
        return own + (has("LESS") ? [] : ["LESS=FRX"])
            + (has("SUDO_UID") && !has("LESSSECURE") ? ["LESSSECURE=1"] : [])
    }

    /// What to run; `nil` where that is nothing.
    private static var command: [String]? {
        let line = (getenv("VAULT_PAGER") ?? getenv("PAGER")).map { String(cString: $0) } ?? "less"
        let words = line.split(at: " ")
        guard let program = words.first, line != "cat" else { return nil }
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+/")
        guard program.allSatisfy(plain.contains) else { return ["/bin/sh", "-c", line] }
        guard let path = Environment.find(String(program)) else { return nil }
        return words.count == 1 ? [path] : ["/bin/sh", "-c", line]
    }
}
