// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("A child process")
struct ChildProcessTests {
    @Test("gets the descriptors that are passed, its standard ones, and no other, however they were opened")
    func onlyWhatIsPassed() async throws {
        // Left open by somebody careless, at numbers below and above the target.
        let careless = try [5, 60, 1500].map { lowest in
            HeldDescriptor(try StandardDescriptor.input.duplicate(atOrAbove: CInt(lowest)))
        }
        for descriptor in careless { try DescriptorStatus.setCloseOnExec(false, of: descriptor) }
        let memory = try HeldDescriptor(memory("passed"))
        var command = Command("sh", "-c", "ls /proc/$$/fd; cat /proc/self/fd/50")
        command.passing = [(memory, 50)]
        let result = try await command.run()
        #expect(result.status == .exited(0), "\(result.errorText)")
        #expect(result.text == "0\n1\n2\n50\npassed")
    }

    @Test("gets descriptors at numbers that are sources of others, and at their own")
    func permutation() async throws {
        let (first, second, third) = try (numbered("first"), numbered("second"), numbered("third"))
        var command = Command("sh", "-c", "for n; do cat /proc/self/fd/$n; echo; done", "sh")
        command.arguments += ["\(first.number)", "\(second.number)", "\(third.number)", "9"]
        command.passing = [
            (first.descriptor, second.number), (second.descriptor, first.number), (third.descriptor, third.number),
            (third.descriptor, 9),
        ]
        let result = try await command.run()
        #expect(result.text == "second\nfirst\nthird\nthird\n", "\(result.errorText)")
    }

    /// Memory at a number that is none of the child's standard ones, and the number.
    private func numbered(_ text: String) throws -> (descriptor: HeldDescriptor, number: CInt) {
        let number = try memory(text).duplicate(atOrAbove: 20).release()
        return (HeldDescriptor(OwnedDescriptor(adopting: number)), number)
    }

    @Test("gets many descriptors at once, none of them overwritten on its way to its number")
    func many() async throws {
        let (first, second) = (try HeldDescriptor(memory("a")), try HeldDescriptor(memory("b")))
        let targets = Array((10..<210).reversed()) as [CInt]
        var command = Command("cat", arguments: targets.map { "/proc/self/fd/\($0)" })
        command.passing = targets.map { ($0.isMultiple(of: 2) ? first : second, $0) }
        let result = try await command.run()
        #expect(result.text == String(repeating: "ba", count: 100), "\(result.errorText)")
    }

    @Test("has no signal blocked or ignored, though its parent does")
    func signals() async throws {
        await #expect(processExitsWith: .success) {
            try Signals.block([SIGTERM, SIGUSR1])
            _ = signal(SIGPIPE, SIG_IGN)
            let result = try Command("grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status").runOnThread()
            let sets = result.text.split(separator: "\n").map { UInt64($0.split(separator: "\t")[1], radix: 16) }
            // 32 and 33 are Glibc's own, which it ignores in what it spawns.
            #expect(sets.map { $0.map { $0 & ~(3 << 31) } } == [0, 0])
        }
    }

    @Test("can be a session of its own, start elsewhere, and have its own environment")
    func surroundings() async throws {
        let directory = try TemporaryDirectory()
        let status = try await onThread {
            let output = try OwnedDescriptor.open(directory.path("out"), flags: O_WRONLY | O_CREAT)
            let shell = try #require(Command.find("sh"))
            let child = try ChildProcess.spawn(
                shell, arguments: ["sh", "-c", "pwd; echo $NAME; ps -o sid= -p $$"],
                environment: ["NAME=value", "PATH=/usr/bin:/bin"], passing: [(HeldDescriptor(output), 1)],
                directory: directory.path, newSession: true)
            #expect(getsid(child.pid) == child.pid || getsid(child.pid) == -1)
            return try child.wait()
        }
        #expect(status == .exited(0))
        #expect(try directory.read("out").hasPrefix("\(directory.path)\nvalue\n"))
    }

    @Test("that cannot be started is an error of the parent, which leaks nothing")
    func failures() throws {
        let directory = try TemporaryDirectory()
        let memory = HeldDescriptor(try SealedMemory.makeUnsealed(name: "spawn-failure"))
        try directory.write("text", to: "file")
        #expect(throws: Errno.noSuchFileOrDirectory) {
            _ = try ChildProcess.spawn(directory.path("none"), arguments: ["x"], passing: [(memory, 3)])
        }
        #expect(throws: Errno.permissionDenied) {
            _ = try ChildProcess.spawn(directory.path("file"), arguments: ["x"], passing: [(memory, 3)])
        }
        #expect(throws: Errno.badFileDescriptor) {
            _ = try ChildProcess.spawn("/bin/true", arguments: ["x"], passing: [(BareNumber(1 << 20), 3)])
        }
        #expect(openDescriptorCount(of: "memfd:spawn-failure") == 1)
    }

    @Test("tells how it ended, once")
    func endings() async throws {
        try await onThread {
            let seven = try ChildProcess.spawn("/bin/sh", arguments: ["sh", "-c", "exit 7"])
            #expect(try seven.wait() == .exited(7))
            #expect(throws: Errno.noChildProcess) { _ = try seven.wait() }
            #expect(throws: Errno.noSuchProcess) { try seven.signal(SIGTERM) }

            let sleeper = try ChildProcess.spawn("/bin/sleep", arguments: ["sleep", "1000"])
            #expect(try sleeper.reap() == nil)
            #expect(try ProcessDescriptor.isAlive(sleeper.pidfd))
            try sleeper.signal(SIGKILL)
            #expect(try sleeper.wait() == .killed(signal: SIGKILL, dumpedCore: false))
            #expect(try !ProcessDescriptor.isAlive(sleeper.pidfd))
        }
    }
}
