// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Processes

/// What the broker asks of the opener. Paths come from capabilities that an administrator wrote, never from a client.
package struct OpenerRequest: Equatable, Sendable {
    /// Chosen by the asker; the answer repeats it.
    package var id: UInt64
    package var operation: Operation
    /// The uid for which it is done; nil for the asker itself. The opener shares its workers among these, and nothing else
    /// depends on it.
    package var account: UInt32?

    package init(id: UInt64, operation: Operation, account: UInt32? = nil) {
        self.id = id
        self.operation = operation
        self.account = account
    }

    package enum Operation: Equatable, Sendable {
        /// Open a path beneath a root. One descriptor.
        case open(OpenPath)

        /// A fresh open file description of the file whose descriptor rides along, with no more than that
        /// descriptor's own access. `flags`: an access mode and `O_APPEND`. So many descriptors, each of a description of its
        /// own: from one to ``WireForm/mostDescriptors``.
        case reopen(flags: CInt, count: UInt32 = 1)

        /// Both ends of a FIFO beneath a root, made first if `createMode` is given. Two descriptors: the one for
        /// reading, then the one for writing.
        case fifo(path: String, createMode: UInt32?, othersMayWrite: Bool = false)

        /// A bound and, but for datagrams, listening internet socket. One descriptor.
        case listenInternet(InternetListener)

        /// A bound and, but for datagrams, listening Unix socket beneath a root. One descriptor.
        case listenUnix(UnixListener)

        /// A TCP connection to an address of 4 or 16 bytes. One descriptor.
        case connectInternet(address: [UInt8], port: UInt16)

        /// A TCP connection to one of the addresses that a name of a host has. One descriptor.
        case connectName(host: String, port: UInt16)

        /// A connection to the Unix socket at a path beneath a root, made under this user. One descriptor.
        case connectUnix(path: String, kind: UnixListener.Kind, uid: UInt32)

        /// What a regular file beneath a root holds now, as a sealed memfd open for reading. `sizeLimit` in bytes;
        /// `owner`: whose it is to be (`SealedMemory.makeCopy`). One descriptor.
        case memory(path: String, sizeLimit: UInt32, owner: SealedMemory.Owner?, othersMayWrite: Bool = false)

        /// What the sealed memfd that rides along holds, as another one. One descriptor.
        case copy(owner: SealedMemory.Owner?)

        /// What the regular file whose descriptor rides along holds now, as a sealed memfd open for reading; that
        /// descriptor keeps its offset. `sizeLimit` in bytes. One descriptor.
        case content(sizeLimit: UInt32)

        /// What a program passes back. One descriptor.
        case helper(HelperRun)

        /// Facts of the process whose pidfd rides along. No descriptor: an answer with facts.
        case inspect(ProcessFactKinds)

        /// The executable of the process whose pidfd rides along, open for reading. One descriptor.
        case executable

        /// How many workers there are and what they do. No descriptor; the supervisor itself answers at once.
        case census

        /// Have the inotify queue that rides along tell when a path beneath a root comes to lead elsewhere: every link and
        /// directory on the way is watched, and what lies at the end. No descriptor: an answer with the numbers of the watches.
        case watch(WatchPath)
    }

    /// How many descriptors must come with the request.
    package var descriptorCount: Int {
        switch operation {
        case .reopen, .copy, .content, .inspect, .executable, .watch: 1
        case .open, .fifo, .listenInternet, .listenUnix, .connectInternet, .connectName, .connectUnix, .memory,
            .helper, .census:
            0
        }
    }
}

/// A path to open, and how.
package struct OpenPath: Equatable, Sendable {
    package var path: String
    /// open(2) flags; `openerFlags` says which may be among them. With `O_NONBLOCK` the descriptor is delivered so.
    package var flags: CInt
    /// The mode of a file that `O_CREAT` makes; no umask is applied.
    package var mode: UInt32
    /// Refuse what is of another kind, without opening it.
    package var mustBe: Kind
    /// Whether others than root and the opener's user may write to the directories on the way.
    package var othersMayWrite: Bool

    /// What a path has to lead to.
    package enum Kind: UInt16, Sendable {
        case anything = 0
        case regular = 1
        case directory = 2
        case characterDevice = 3
    }

    package init(
        path: String, flags: CInt, mode: UInt32 = 0, mustBe: Kind = .anything, othersMayWrite: Bool = false
    ) {
        self.path = path
        self.flags = flags
        self.mode = mode
        self.mustBe = mustBe
        self.othersMayWrite = othersMayWrite
    }
}

/// A path to watch.
package struct WatchPath: Equatable, Sendable {
    package var path: String
    /// Whether to tell also of what is written into the file at its end.
    package var contents: Bool
    /// Whether a link in the last place is what is meant.
    package var noFollow: Bool
    /// Whether others than root and the opener's user may write to the directories on the way.
    package var othersMayWrite: Bool

    package init(path: String, contents: Bool, noFollow: Bool = false, othersMayWrite: Bool = false) {
        self.path = path
        self.contents = contents
        self.noFollow = noFollow
        self.othersMayWrite = othersMayWrite
    }

    var flags: UInt32 { (contents ? 1 : 0) | (noFollow ? 2 : 0) }
}

/// Where a TCP or UDP socket listens. Names are resolved by nobody here: the address is a number.
package struct InternetListener: Equatable, Sendable {
    package enum Transport: UInt16, Sendable {
        case tcp = 1
        case udp = 2
    }

    package var transport: Transport
    /// 4 bytes of IPv4 or 16 of IPv6, in network order; none: every address of the host, of both families.
    package var address: [UInt8]
    package var port: UInt16
    package var backlog: UInt32
    package var options: BindingOptions

    package init(
        transport: Transport, address: [UInt8], port: UInt16, backlog: UInt32,
        options: BindingOptions = BindingOptions()
    ) {
        self.options = options
        self.transport = transport
        self.address = address
        self.port = port
        self.backlog = backlog
    }
}

/// Where a Unix socket listens, and as whom: a client of it sees the ids under which it was made.
package struct UnixListener: Equatable, Sendable {
    package enum Kind: UInt16, Sendable {
        case stream = 1
        case seqpacket = 2
        case datagram = 3
    }

    /// A path, or `@NAME` for a name in the abstract namespace.
    package var path: String
    package var kind: Kind
    /// The permissions of the socket's path.
    package var mode: UInt32
    /// nil: the opener's own.
    package var uid: UInt32?
    /// nil with a uid: `UnixListener.nobodysGroup`.
    package var gid: UInt32?
    package var backlog: UInt32

    /// The name in the abstract namespace; nil for a path.
    package var abstractName: [UInt8]? {
        path.utf8.first == UInt8(ascii: "@") ? Array(path.utf8.dropFirst()) : nil
    }

    /// The group of a socket made for a user whose group was not given: one that means nobody.
    package static let nobodysGroup: UInt32 = 65534

    package init(path: String, kind: Kind, mode: UInt32, uid: UInt32?, gid: UInt32?, backlog: UInt32) {
        self.path = path
        self.kind = kind
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.backlog = backlog
    }
}

/// A helper program to run with `<socket fd> <path> <mode>` behind its own arguments.
package struct HelperRun: Equatable, Sendable {
    /// The program's absolute path, then its leading arguments. At least one, at most `argumentLimit`.
    package var program: [String]
    package var path: String
    /// What the helper gets as decimal `mode`.
    package var flags: CInt

    package static let argumentLimit = 64

    package init(program: [String], path: String, flags: CInt) {
        self.program = program
        self.path = path
        self.flags = flags
    }
}
