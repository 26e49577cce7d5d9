// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import VaultTestKit

/// What a whole process costs.
enum ProcessTimes {
    /// Microseconds from spawn to end, the median of `count` runs.
    static func microseconds(_ command: Command, count: Int = 200) async throws -> Double {
        try await onThread {
            let sink = HeldDescriptor(try OwnedDescriptor.open("/dev/null", flags: O_RDWR))
            let clock = ContinuousClock()
            var samples = Samples()
            for _ in 0..<count {
                let start = clock.now
                let child = try ChildProcess.spawn(
                    command.path, arguments: [command.path.string] + command.arguments,
                    environment: command.environment, passing: [(sink, 0), (sink, 1)])
                guard try child.wait().isSuccess else { throw DaemonFailure(what: command.description, log: "") }
                samples.add((clock.now - start) / .microseconds(1))
            }
            return samples.median
        }
    }

    /// Private memory of a process in KiB (`RssAnon`).
    static func privateMemory(of pid: Int32) throws -> Double {
        let text = String(
            decoding: try OwnedDescriptor.open(FilePath("/proc/\(pid)/status")).readAll(), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) } ?? .nan
    }

    /// KiB of private memory that each of `count` idle connections costs.
    static func memoryOfConnection(to server: any RunningServer, count: Int = 1000) async throws -> Double {
        try await onThread {
            _ = try ResourceLimits.raiseOpenFiles()
            let pid = try server.pid
            let before = try privateMemory(of: pid)
            let descriptors = openDescriptorCount(pid: pid)
            var connections: [HeldDescriptor] = []
            for _ in 0..<count {
                connections.append(HeldDescriptor(try UnixSocket.connect(to: .path(server.socket))))
            }
            try waitOnThread(until: "the connections to be accepted") {
                openDescriptorCount(pid: pid) >= descriptors + count
            }
            let after = try privateMemory(of: pid)
            return withExtendedLifetime(connections) { (after - before) / Double(count) }
        }
    }
}
