// SPDX-License-Identifier: Apache-2.0

/// The form of every message between the broker and the opener, and between the opener's supervisor and its workers.
///
/// One message is one datagram of a `SOCK_SEQPACKET` pair. Numbers are in the machine's own byte order and lie at fixed
/// places; both ends are processes of one machine. A message that does not have exactly the bytes that its own content
/// encodes to (a wrong size, a field that its operation does not use, anything behind the last text) is malformed.
///
///     request                                     answer
///      0  u32  magic                               0  u32  magic
///      4  u16  operation                           4  u16  outcome: 0 failed, 1 descriptors, 2 facts, 3 census,
///                                                     4 watches
///      6  u8   texts that follow                   6  u8   texts that follow
///      7  u8   descriptors that ride along         7  u8   descriptors that ride along
///      8  u64  id, the asker's                     8  u64  id of the request
///     16  u32  flags, or facts wanted             16  u32  errno, or 0; busy workers; watches
///     20  u32  mode                               20  u32  reason; idle workers
///     24  u32  uid, or receive buffer             24  u32  detail of the reason; abandoned ones
///     28  u32  gid, or send buffer                28  u32  F_GETFL of the (first) descriptor
///     32  u32  backlog, size limit, or how many   32  u32  st_mode of it
///     36  u16  socket type, or kind of file       36  u32  zero
///     38  u16  port                               40  u64  device number of its file system
///     40  u8   length of the address              48  u64  inode number of it
///     41  u8   1: others may write on the way     56  u64  device number that it is, for a device
///     42  u8 ×2  zero
///     44  u32  uid on whose account
///     48  u8 ×16 address                          64  facts, and texts: only with outcome 2;
///                                                     u32 ×128 watches: only with outcome 4; only with 1:
///                                                 64  i64  size of the (first) descriptor's file, in bytes
///                                                 72  i64  when its contents were changed, in nanoseconds
///                                                 80  i64  when anything of it was
///                                                 88  i64  magic number of its file system, or 0
///     64  texts, only of operations that have any
///
/// Texts are UTF-8, each ended by a NUL, one after another in a room of fixed size, the rest of which is zero.
package enum WireForm {
    /// Names the version of this form: broker and opener of different versions refuse each other with `EBADMSG`.
    static let magic: UInt32 = 0x564F_5035

    /// The most descriptors of one answer, and how many there may be.
    package static let mostDescriptors = 64
    static let counts = 1...mostDescriptors

    /// The most watches of one path: of every link and directory on its way, and of what it leads to.
    package static let mostWatches = 128

    static let headSize = 64
    static let textRoom = 8192
    static let factsSize = 72
    static let fileSize = 32

    /// Room for the largest message of either direction, and one byte more, so that a longer one is noticed.
    package static let receiveSize = headSize + factsSize + textRoom + 1

    /// `PATH_MAX` with its NUL: what open(2) takes.
    package static let pathLimit = 4095

    /// The longest name of a host, in bytes (RFC 1035).
    static let hostLimit = 253

    /// Stands for an id or a mode that was not given; no id has this number.
    static let absent = UInt32.max
}

/// A field of a message: at what byte it starts, and what it holds.
struct WireField<Value: FixedWidthInteger>: Sendable {
    let offset: Int

    init(_ offset: Int) { self.offset = offset }
}

/// Where every message begins alike.
enum HeadField {
    static let magic = WireField<UInt32>(0)
    /// The operation of a request, the outcome of an answer.
    static let code = WireField<UInt16>(4)
    static let textCount = WireField<UInt8>(6)
    static let descriptorCount = WireField<UInt8>(7)
    static let id = WireField<UInt64>(8)
}

/// The bytes of one message, read and written by field.
struct WireBytes: Equatable, Sendable {
    private(set) var bytes: [UInt8]

    init(zeros count: Int) { bytes = [UInt8](repeating: 0, count: count) }

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The field must lie within the message.
    subscript<Value>(_ field: WireField<Value>) -> Value {
        get {
            bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: field.offset, as: Value.self) }
        }
        set {
            bytes.withUnsafeMutableBytes { $0.storeBytes(of: newValue, toByteOffset: field.offset, as: Value.self) }
        }
    }

    /// An id or a mode that need not be given.
    subscript(optional field: WireField<UInt32>) -> UInt32? {
        get { self[field] == WireForm.absent ? nil : self[field] }
        set { self[field] = newValue ?? WireForm.absent }
    }

    /// Writes the texts from `offset` to the end of the message. They must fit, which `TextRoom.fits` tells before.
    mutating func put(texts: [String], at offset: Int) {
        var position = offset
        for text in texts {
            for byte in text.utf8 {
                bytes[position] = byte
                position += 1
            }
            position += 1
        }
    }

    /// The first `count` texts from `offset`; nil when there are not so many, or one is not UTF-8.
    func texts(_ count: Int, at offset: Int) -> [String]? {
        var found: [String] = []
        found.reserveCapacity(count)
        var start = offset
        for _ in 0..<count {
            guard let end = bytes[start...].firstIndex(of: 0),
                let text = String(validating: bytes[start..<end], as: UTF8.self)
            else { return nil }
            found.append(text)
            start = end + 1
        }
        return found
    }

    mutating func put(address: [UInt8], at offset: Int) {
        bytes.replaceSubrange(offset..<offset + address.count, with: address)
    }

    func address(_ count: Int, at offset: Int) -> [UInt8] { Array(bytes[offset..<offset + count]) }
}

enum TextRoom {
    /// Whether these texts can be sent: none holds a NUL, and all fit into the room.
    static func fits(_ texts: [String]) -> Bool {
        var size = 0
        for text in texts {
            guard !text.utf8.contains(0) else { return false }
            size += text.utf8.count + 1
        }
        return size <= WireForm.textRoom && texts.count <= UInt8.max
    }
}
