// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Crypto
import Descriptors
import Foundation
import JSONText
import SystemPackage
import TerminalKit
import TransparencyLog

/// A log from standard input becomes an archive, which is verified before it gets its name. Run by `vault audit export`
/// and `vault audit prune`.
struct AuditArchive: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive", abstract: "Write a log from standard input to an archive, and verify it.")

    @Flag(help: "Replace nothing.")
    var new = false

    @Flag(help: "Write to what stands there, a device or a pipe, as it comes; it is not read again.")
    var inPlace = false

    @Argument(help: "The file; with --in-place, - is standard output.")
    var path: String

    /// Prints the file's SHA-256, and its name, as sha256sum(1) does.
    func run() throws {
        if inPlace { return try write(to: path) }
        let partial = FilePath(path).draft().string
        do {
            if new, access(path, F_OK) == 0 { throw Self.failure(path, .fileExists) }
            try write(to: partial)
            // What is on the disk counts, not what was to be.
            let verdict = try StreamVerification(LogStream(partial), key: nil, from: nil).run(named: path)
            if !verdict.findings.isEmpty { try verdict.report(.text) }
            let sum = try Self.sha256(partial)
            try publish(partial)
            try StandardOutput.print("\(sum)  \(path.escaped)")
        } catch {
            unlink(partial)
            throw error
        }
    }

    private func write(to partial: String) throws {
        let output = try ArchiveWriter(partial, isNew: !inPlace)
        let stream = try LogStream("-")
        var header = stream.header
        var pruned = PeakTree(size: header.from, peaks: header.before)
        var isBegun = false
        let verification = try StreamVerification(stream, key: nil, from: nil)
        let verdict = try verification.run(named: "what the broker exports") { item, _ in
            switch item {
            case .tile(_, let hashes): for hash in hashes { pruned.append(hash) }
            case .record(_, let bytes):
                if !isBegun {
                    (header.from, header.before) = (pruned.size, pruned.peaks)
                    try output.write(header.line)
                    isBegun = true
                }
                try output.write(bytes)
                try output.write([0x0A])
            }
        }
        if !verdict.findings.isEmpty { try verdict.report(.text) }
        guard isBegun else {
            throw Failure(
                .refused, "the texts of all these records were pruned already", next: "a later --before")
        }
        try output.finish()
    }

    private func publish(_ partial: String) throws {
        try Self.failing(path) { () throws(Errno) in
            if new {
                try FilePath(partial).link(as: FilePath(path))
                unlink(partial)
            } else {
                try FilePath(partial).rename(to: FilePath(path))
            }
            try FilePath(path).directory.synchronizeDirectory()
        }
    }

    private static func sha256(_ path: String) throws -> String {
        var hasher = SHA256()
        try failing(path) { () throws(Errno) in
            let file = try OwnedDescriptor.open(FilePath(path))
            while case let chunk = try file.readPrefix(1 << 20), !chunk.isEmpty { hasher.update(data: chunk) }
        }
        return hasher.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    static func failing<Value: ~Copyable>(_ path: String, _ body: () throws(Errno) -> Value) throws(Failure) -> Value {
        do {
            return try body()
        } catch {
            throw failure(path, error)
        }
    }

    static func failure(_ path: String, _ error: Errno) -> Failure {
        switch error {
        case .fileExists: Failure(path, error, next: "another file: an archive is never overwritten")
        case .notDirectory: Failure(path, error, next: "a directory, or a path where there is nothing yet")
        default: Failure(path, error, next: "another path, with room for it")
        }
    }
}

/// A tree that is known by the roots of the perfect subtrees that its leaves divide into: enough to go on from, and to
/// have the root at any time.
struct PeakTree {
    private(set) var size: UInt64 = 0
    /// From left to right: one for each bit of `size` that is set, the highest first.
    private(set) var peaks: [TreeHash] = []

    init() {}

    /// - Precondition: there is a peak for each bit of the size that is set.
    init(size: UInt64, peaks: [TreeHash]) {
        precondition(peaks.count == size.nonzeroBitCount, "the peaks are not those of a tree of that size")
        self.size = size
        self.peaks = peaks
    }

    mutating func append(_ leaf: TreeHash) {
        var peak = leaf
        for _ in 0..<size.trailingOneBitCount { peak = .node(peaks.removeLast(), peak) }
        peaks.append(peak)
        size += 1
    }

    var root: TreeHash {
        guard var root = peaks.last else { return .empty }
        for peak in peaks.dropLast().reversed() { root = .node(peak, root) }
        return root
    }
}

extension UInt64 {
    fileprivate var trailingOneBitCount: Int { (~self).trailingZeroBitCount }
}

/// Writes a file in large pieces.
final class ArchiveWriter {
    private let path: String
    private let file: OwnedDescriptor
    private var buffer: [UInt8] = []

    /// - Parameter isNew: whether nothing may be there.
    init(_ path: String, isNew: Bool) throws {
        self.path = path
        file = try AuditArchive.failing(path) { () throws(Errno) in
            if path == "-" { return try StandardDescriptor.output.duplicate() }
            let flags = O_WRONLY | O_CREAT | O_NOCTTY | (isNew ? O_EXCL | O_NOFOLLOW : O_TRUNC)
            return try OwnedDescriptor.open(FilePath(path), flags: flags, mode: 0o600)
        }
    }

    func write(_ bytes: some Sequence<UInt8>) throws {
        buffer.append(contentsOf: bytes)
        if buffer.count >= 1 << 20 { try flush() }
    }

    /// It is on the disk when this returns, where it went to a file.
    func finish() throws {
        try flush()
        do throws(Errno) {
            try file.synchronize()
        } catch .invalidArgument {
            // A pipe or a device keeps nothing back.
        } catch {
            throw AuditArchive.failure(path, error)
        }
    }

    private func flush() throws {
        do throws(Errno) {
            try file.writeAll(buffer.span)
        } catch {
            throw AuditArchive.failure(path, error)
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
