// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Foundation
import SystemPackage
import TerminalKit

/// Lines of a file or a pipe, one after the other, without a copy.
final class LineReader {
    /// The most bytes of a line: a checkpoint with all its signatures has fewer.
    private static let longest = 4 << 20

    private let descriptor: OwnedDescriptor
    private let name: String
    private var buffer: UnsafeMutableRawBufferPointer
    /// What has been read and not been given out.
    private var rest = 0..<0
    private var isAtEnd = false

    /// - Parameter path: `-` is standard input.
    init(_ path: String) throws {
        name = path == "-" ? "standard input" : path
        do throws(Errno) {
            descriptor =
                path == "-" ? try StandardDescriptor.input.duplicate() : try OwnedDescriptor.open(FilePath(path))
        } catch {
            throw Failure(.system, "\(path): \(error.description)", next: "the path of an archive")
        }
        buffer = .allocate(byteCount: 1 << 20, alignment: 16)
    }

    deinit {
        buffer.deallocate()
    }

    /// Hands over the next line without its line feed; the bytes are there until it returns.
    /// - Returns: nil at the end. What follows the last line feed is no line.
    func next<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result? {
        var searched = rest.lowerBound
        while true {
            // A buffer that is not empty has an address.
            let start = buffer.baseAddress! + searched
            if let found = memchr(start, 0x0A, rest.upperBound - searched) {
                let end = searched + (UnsafeMutableRawPointer(found) - start)
                let line = UnsafeRawBufferPointer(rebasing: buffer[rest.lowerBound..<end])
                rest = end + 1..<rest.upperBound
                return try body(line)
            }
            searched = rest.upperBound
            guard !isAtEnd else { return nil }
            searched -= try fill()
        }
    }

    /// Whether something stands behind the last line feed.
    var endsWithinALine: Bool { isAtEnd && !rest.isEmpty }

    /// - Returns: by how much what is unread moved to the front.
    private func fill() throws -> Int {
        let moved = rest.lowerBound
        if moved > 0 {
            // Both have an address, as above.
            memmove(buffer.baseAddress!, buffer.baseAddress! + moved, rest.count)
            rest = 0..<rest.count
        }
        if rest.upperBound == buffer.count {
            guard buffer.count < Self.longest else {
                throw Failure(
                    .unverified, "\(name): this is no archive", next: "an archive of 'vault audit'")
            }
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 16)
            larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
            buffer.deallocate()
            buffer = larger
        }
        do throws(Errno) {
            let count = try SystemCall.retrying(on: descriptor) {
                Foundation.read($0, buffer.baseAddress! + rest.upperBound, buffer.count - rest.upperBound)
            }
            rest = 0..<rest.upperBound + count
            isAtEnd = count == 0
        } catch {
            throw Failure(.system, "\(name): \(error.description)", next: "another copy of it")
        }
        return moved
    }
}
