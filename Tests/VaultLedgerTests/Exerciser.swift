// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import VaultTestKit

/// The process that writes a ledger, to be killed and starved.
enum Exerciser {
    static var path: FilePath { BuiltProgram.path("LedgerExerciser") }

    /// Runs it to its end, under `wrapper` where there is one.
    static func run(_ mode: String, _ state: FilePath, rows: Int, transactions: Int, wrapper: [String] = [])
        async throws -> CommandResult
    {
        let words = wrapper + [path.string, mode, state.string, "\(rows)", "\(transactions)"]
        return try await Command(words[0], arguments: Array(words.dropFirst())).run()
    }

    /// Lets it commit without end, kills it with SIGKILL after a while, and gives the last size that it saw acknowledged.
    static func killed(_ state: FilePath, rows: Int, after time: Duration) async throws -> UInt64 {
        try await onThread {
            let output = try OwnedDescriptor.pipe()
            let child = try ChildProcess.spawn(
                path, arguments: [path.string, "commit", state.string, "\(rows)"],
                passing: [(HeldDescriptor(output.writer), 1)])
            let reader = output.reader
            let end = ContinuousClock.now.advanced(by: time)
            var text: [UInt8] = []
            var isKilled = false
            while true {
                let ready = try Readiness.wait(
                    for: .readable, on: reader, until: BootTime.now.advanced(by: .milliseconds(5)))
                if !isKilled, ContinuousClock.now >= end, lastSize(in: text) != nil {
                    try child.signal(SIGKILL)
                    isKilled = true
                }
                if ready.isEmpty { continue }
                let chunk = try withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { buffer in
                    Array(buffer[..<(try reader.read(into: buffer))])
                }
                if chunk.isEmpty { break }
                text += chunk
            }
            _ = try child.wait()
            return lastSize(in: text) ?? 0
        }
    }

    /// Starts it and kills it after a while, wherever it is.
    static func startedAndKilled(_ state: FilePath, after time: Duration) async throws {
        try await onThread {
            let output = try OwnedDescriptor.pipe()
            let child = try ChildProcess.spawn(
                path, arguments: [path.string, "commit", state.string, "3"],
                passing: [(HeldDescriptor(output.writer), 1)])
            let reader = output.reader
            let end = BootTime.now.advanced(by: time)
            while BootTime.now < end {
                guard !(try Readiness.wait(for: .readable, on: reader, until: end)).isEmpty else { break }
                _ = try withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { try reader.read(into: $0) }
            }
            try child.signal(SIGKILL)
            _ = try child.wait()
        }
    }

    /// The last size of a whole line `committed N`.
    static func lastSize(in text: [UInt8]) -> UInt64? {
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.dropLast().last { $0.hasPrefix("committed ") }.flatMap { UInt64($0.dropFirst(10)) }
    }
}
