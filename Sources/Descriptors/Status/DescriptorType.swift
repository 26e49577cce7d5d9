// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SystemPackage

/// What an open descriptor is, in a word: `pipe`, `tcp-listener`, `eventfd`.
///
/// It is found without asking any file system, so that it never hangs, whoever passed the descriptor: by the type bits that the
/// kernel has, by what it calls the thing in `/proc/self/fd`, and by options of sockets.
public struct DescriptorType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public var description: String { rawValue }

    public static let regularFile = DescriptorType(rawValue: "regular-file")
    public static let directory = DescriptorType(rawValue: "directory")
    public static let characterDevice = DescriptorType(rawValue: "character-device")
    public static let blockDevice = DescriptorType(rawValue: "block-device")
    public static let fifo = DescriptorType(rawValue: "fifo")
    public static let pipe = DescriptorType(rawValue: "pipe")
    public static let memory = DescriptorType(rawValue: "memfd")
    public static let namespace = DescriptorType(rawValue: "namespace")
    public static let processDescriptor = DescriptorType(rawValue: "pidfd")
    /// Something that this version has no word for.
    public static let other = DescriptorType(rawValue: "other")

    public init(of descriptor: borrowing some Descriptor & ~Copyable) throws(Errno) {
        let place = String(decoding: try DescriptorStatus.place(of: descriptor), as: UTF8.self)
        if let name = Self.anonymous(place) {
            self.init(rawValue: name)
            return
        }
        switch try DescriptorStatus.kind(of: descriptor) {
        case .regular:
            // A file in the root of a mount that is mounted nowhere can be called so too, whatever file system that is of: what
            // can be sealed is memory.
            if place.utf8.starts(with: "/memfd:".utf8), (try? SealedMemory.seals(of: descriptor)) != nil {
                self = .memory
            } else if !place.utf8.starts(with: "/".utf8), place.utf8.last == UInt8(ascii: "]") {
                self = .namespace
            } else {
                self = .regularFile
            }
        case .directory: self = .directory
        case .characterDevice: self = .characterDevice
        case .blockDevice: self = .blockDevice
        case .fifo: self = place.utf8.starts(with: "pipe:".utf8) ? .pipe : .fifo
        case .socket: self.init(rawValue: try Self.socket(descriptor))
        case .symbolicLink, .anonymous: self = .other
        }
    }

    /// The words for anonymous inodes, by what `/proc/self/fd` calls them. New ones are called as the kernel does.
    private static func anonymous(_ place: String) -> String? {
        if place.utf8.starts(with: "pidfd:".utf8) { return processDescriptor.rawValue }
        let prefix = "anon_inode:"
        guard place.utf8.starts(with: prefix.utf8) else { return nil }
        let name = place.utf8.dropFirst(prefix.utf8.count).filter { $0 != UInt8(ascii: "[") && $0 != UInt8(ascii: "]") }
        switch String(decoding: name, as: UTF8.self) {
        case "eventpoll": return "epoll"
        case let name where name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) && name.utf8.count < 40: return name
        default: return other.rawValue
        }
    }

    private static func socket(_ descriptor: borrowing some Descriptor & ~Copyable) throws(Errno) -> String {
        let type = try SocketOption.type(of: descriptor)
        var word: String
        switch try SocketOption.domain(of: descriptor) {
        case AF_UNIX:
            word = type == .stream ? "unix-stream" : type == .seqpacket ? "unix-seqpacket" : "unix-datagram"
        case AF_INET, AF_INET6:
            switch try SocketOption.transport(of: descriptor) {
            case CInt(IPPROTO_TCP): word = "tcp"
            case CInt(IPPROTO_UDP): word = "udp"
            case CInt(IPPROTO_SCTP): word = "sctp"
            case 262: word = "mptcp"
            default: word = "ip"
            }
        case AF_NETLINK: word = "netlink"
        case AF_PACKET: word = "packet"
        case AF_VSOCK: word = "vsock"
        default: word = "socket"
        }
        if try SocketOption.isListening(descriptor) { word += "-listener" }
        return word
    }

    /// Whether it is a socket, pipe, FIFO or anonymous inode: what epoll_ctl(2) can be asked about without the danger of hanging.
    public var isKernelsOwn: Bool {
        switch self {
        case .regularFile, .directory, .characterDevice, .blockDevice, .namespace, .fifo, .memory: false
        default: true
        }
    }

    /// Whether it has another end that can hang up.
    public var hasOtherEnd: Bool {
        switch rawValue {
        case "pipe", "fifo", "unix-stream", "unix-seqpacket", "tcp", "mptcp", "vsock": true
        default: false
        }
    }
}
