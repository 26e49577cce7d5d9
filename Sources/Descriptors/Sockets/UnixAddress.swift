// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SystemPackage

/// The address of a Unix socket, unix(7).
public enum UnixAddress: Hashable, Sendable {
    /// A socket that was never bound.
    case unnamed
    /// A path; at most 107 bytes (``longestPath``).
    case path(FilePath)
    /// A name in the abstract namespace, without its leading zero byte; at most 107 bytes. Permissions do not apply to
    /// it.
    case abstract([UInt8])

    /// The longest path in bytes; the kernel has 108, and the last is for the zero byte.
    public static let longestPath = 107

    private static let pathOffset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)!

    /// The address in a notation common for it: a leading `@` stands for the abstract namespace.
    public init(notation: String) {
        self = notation.hasPrefix("@") ? .abstract(Array(notation.utf8.dropFirst())) : .path(FilePath(notation))
    }

    init(_ address: inout sockaddr_un, length: socklen_t) {
        let count = Int(length) - Self.pathOffset
        guard count > 0 else {
            self = .unnamed
            return
        }
        self = withUnsafeBytes(of: &address.sun_path) { bytes in
            let name = bytes[..<min(count, bytes.count)]
            if name.first == 0 { return .abstract(Array(name.dropFirst())) }
            let path = name.prefix { $0 != 0 }.map { CInterop.PlatformChar(bitPattern: $0) } + [0]
            return .path(FilePath(platformString: path))
        }
    }

    /// - Throws: `ENAMETOOLONG`, or `EINVAL` for an empty path.
    func withSocketAddress<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) throws(Errno) -> Result
    ) throws(Errno) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var length = Self.pathOffset
        switch self {
        case .unnamed:
            break
        case .path(let path):
            guard path.length > 0 else { throw .invalidArgument }
            guard path.length <= Self.longestPath else { throw .fileNameTooLong }
            path.withPlatformString { bytes in
                withUnsafeMutableBytes(of: &address.sun_path) {
                    $0.copyMemory(from: UnsafeRawBufferPointer(start: bytes, count: path.length))
                }
            }
            length += path.length + 1
        case .abstract(let name):
            guard name.count <= Self.longestPath else { throw .fileNameTooLong }
            withUnsafeMutableBytes(of: &address.sun_path) { room in
                for (index, byte) in name.enumerated() { room[index + 1] = byte }
            }
            length += 1 + name.count
        }
        return try withUnsafePointer(to: &address) { address throws(Errno) -> Result in
            let count = socklen_t(length)
            return try address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address throws(Errno) -> Result in
                try body(address, count)
            }
        }
    }
}
