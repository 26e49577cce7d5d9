// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import VaultTestKit

@testable import Descriptors

@Suite("Sockets of a service manager")
struct ActivationSocketsTests {
    private func declared(
        _ environment: [String], inode: UInt64? = nil
    ) throws(ActivationSockets.Problem) -> [String] {
        try ActivationSockets.declaration(in: environment, pid: 42) { inode }.map { "\($0.number)=\($0.name)" }
    }

    @Test("are numbered from 3 on and have names, or are unknown")
    func names() throws {
        #expect(try declared([]) == [])
        #expect(try declared(["LISTEN_PID=42", "LISTEN_FDS=2"]) == ["3=unknown", "4=unknown"])
        #expect(try declared(["LISTEN_FDS=2", "LISTEN_PID=42", "LISTEN_FDNAMES=a:b"]) == ["3=a", "4=b"])
        #expect(try declared(["LISTEN_FDS=1", "LISTEN_PID=42", "LISTEN_FDNAMES="]) == ["3="])
        #expect(try declared(["LISTEN_FDS=0", "LISTEN_PID=42", "LISTEN_FDNAMES="]) == [])
        #expect(try declared(["LISTEN_PID=42"]) == [])
    }

    @Test("of another process are not ours, by its pid and by its inode")
    func others() throws {
        #expect(try declared(["LISTEN_PID=43", "LISTEN_FDS=2"]) == [])
        #expect(try declared(["LISTEN_FDS=2"]) == [])
        let environment = ["LISTEN_PID=42", "LISTEN_FDS=1", "LISTEN_PIDFDID=7"]
        #expect(try declared(environment, inode: 8) == [])
        #expect(try declared(environment, inode: 7) == ["3=unknown"])
        #expect(try declared(environment, inode: nil) == ["3=unknown"])
    }

    /// What is no number from 0 on, for a parser that is too kind.
    private static let noNumbers = [
        "", " ", "x", "-1", "+1", "1x", "1 ", " 1", "0x1", "1e1", "1.0", "\u{661}", "\u{FFFD}", "--", "1\n", "1:2",
        "340282366920938463463374607431768211456", String(repeating: "9", count: 100_000), "-9223372036854775809",
    ]

    private static let values: [(name: String, values: [String])] = [
        ("LISTEN_PID", noNumbers + ["0", "2147483648", "4294967338", "-42", "18446744073709551658"]),
        ("LISTEN_FDS", noNumbers + ["1048577", "2147483648", "4294967297", "9223372036854775808"]),
        ("LISTEN_PIDFDID", noNumbers + ["18446744073709551616"]),
    ]

    @Test(
        "that are not declared as sd_listen_fds(3) says are refused, with the variable and its value",
        arguments: values.flatMap { entry in entry.values.map { (entry.name, $0) } })
    func refused(name: String, value: String) throws {
        var environment = ["LISTEN_PID": "42", "LISTEN_FDS": "1", "LISTEN_PIDFDID": "7"]
        environment[name] = value
        let variables = environment.map { "\($0)=\($1)" }
        do throws(ActivationSockets.Problem) {
            let found = try declared(variables, inode: 7)
            Issue.record("\(found)")
        } catch {
            guard case .variable(name, value, let expected) = error else { throw error }
            #expect(expected.hasPrefix("a number from "))
            #expect("\(error)".hasPrefix("\(name) is '\(value)', and not "))
        }
    }

    @Test("are as many as have names", arguments: ["a", "a:b:c", "", ":::", "a:b:"])
    func miscounted(names: String) {
        let error = ActivationSockets.Problem.variable(
            name: "LISTEN_FDNAMES", value: names, expected: "2 names with colons between them")
        #expect(throws: error) { try declared(["LISTEN_PID=42", "LISTEN_FDS=2", "LISTEN_FDNAMES=\(names)"]) }
    }

    @Test("may have numbers with zeros before them, the highest, and any names")
    func extremes() throws {
        #expect(try declared(["LISTEN_PID=0042", "LISTEN_FDS=01"]) == ["3=unknown"])
        #expect(try declared(["LISTEN_PID=42", "LISTEN_FDS=1048576"]).last == "1048578=unknown")
        #expect(try declared(["LISTEN_PID=2147483647", "LISTEN_FDS=x"]) == [], "another's are not looked at")
        let highest = "\(UInt64.max)"
        #expect(
            try declared(["LISTEN_PID=42", "LISTEN_FDS=1", "LISTEN_PIDFDID=\(highest)"], inode: .max).count == 1)
        #expect(try declared(["LISTEN_PID=42", "LISTEN_FDS=2", "LISTEN_FDNAMES=\u{FFFD}:="]) == ["3=\u{FFFD}", "4=="])
    }

    @Test("are taken once, close-on-exec, and children do not hear of them")
    func take() async {
        await #expect(processExitsWith: .success) {
            let listener = try MessageSocket.pair()
            #expect(listener.first.withUnsafeNumber { dup2($0, 200) } == 200)
            setenv("LISTEN_PID", "\(getpid())", 1)
            setenv("LISTEN_FDS", "1", 1)
            setenv("LISTEN_FDNAMES", "vault.socket", 1)
            let entries = try ActivationSockets.take(from: 200)
            #expect(entries.map(\.name) == ["vault.socket"])
            #expect(ActivationSockets.firstNumber == 3)
            #expect(entries.first?.descriptor.withUnsafeNumber { $0 == 200 } == true)
            #expect(try DescriptorStatus.isCloseOnExec(BareNumber(200)))
            #expect(try ActivationSockets.take().isEmpty)
            #expect(!ChildProcess.currentEnvironment.contains { $0.hasPrefix("LISTEN_") })
            withExtendedLifetime(entries) {}
        }
    }

    /// Newer service managers name the process by its inode too. A kernel before 6.9 has no inodes for processes, and then
    /// the pid decides.
    @Test("are taken by the process whose inode is declared, and by no other", arguments: [UInt64(0), 1])
    func inode(offset: UInt64) async {
        await #expect(processExitsWith: .success) { [offset] in
            let process = try ProcessDescriptor.open(getpid())
            let inode = try ProcessDescriptor.inode(of: process)
            let listener = try MessageSocket.pair()
            #expect(listener.first.withUnsafeNumber { dup2($0, 200) } == 200)
            setenv("LISTEN_PID", "\(getpid())", 1)
            setenv("LISTEN_FDS", "1", 1)
            setenv("LISTEN_PIDFDID", "\((inode ?? 0) &+ offset)", 1)
            let entries = try ActivationSockets.take(from: 200)
            #expect(entries.count == (offset == 0 || inode == nil ? 1 : 0))
            #expect(!ChildProcess.currentEnvironment.contains { $0.hasPrefix("LISTEN_") })
            withExtendedLifetime(process) {}
            withExtendedLifetime(listener) {}
        }
    }

    @Test("that are declared and not open are an error, and so is what the process opened itself: nothing is taken")
    func notOpen() async {
        await #expect(processExitsWith: .success) {
            let own = try MessageSocket.pair()
            for number in [CInt(200), 202] { #expect(own.first.withUnsafeNumber { dup2($0, number) } == number) }
            #expect(own.first.withUnsafeNumber { fcntl($0, F_DUPFD_CLOEXEC, 201) } == 201)
            for (first, missing) in [(CInt(200), CInt(4)), (202, 4), (5000, 3)] {
                setenv("LISTEN_PID", "\(getpid())", 1)
                setenv("LISTEN_FDS", "2", 1)
                #expect(throws: ActivationSockets.Problem.notOpen(missing)) {
                    _ = try ActivationSockets.take(from: first)
                }
            }
            for number in [CInt(200), 201, 202] { #expect(fcntl(number, F_GETFD) >= 0) }
        }
    }
}
