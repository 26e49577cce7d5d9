// SPDX-License-Identifier: Apache-2.0

public import BasicContainers
public import Descriptors
import Glibc
public import JSONText

/// A call, as a server takes it out of a message.
///
/// The parameters have been checked as JSON and are read when the method knows of which type they are.
public struct VarlinkCall: ~Copyable, Sendable {
    /// The full name, such as `io.vaultd.Broker.Open`.
    public let method: String
    /// The caller takes several replies.
    public let wantsMore: Bool
    /// The caller takes no reply, also no error.
    public let isOneway: Bool
    /// The caller wants to speak another protocol from here on.
    public let wantsUpgrade: Bool
    /// What came with the call. Owned; closed with the call unless somebody takes them out.
    public var descriptors: UniqueArray<OwnedDescriptor>
    /// Who sent it.
    public let sender: MessageSender
    /// Where its answer goes: see ``VarlinkServerConnection``.
    public let slot: ReplySlot
    /// It has the same bytes as a call before it that its connection remembers.
    public let isRepeated: Bool
    /// Where the connection remembers its bytes: less than ``VarlinkServerConnection/placesRemembered``; nil: nowhere. A call
    /// that is not repeated takes a place over from another.
    public internal(set) var place: Int?
    private let bytes: [UInt8]
    /// Where the object lies in `bytes`; `nil` if there is none, which means an empty one.
    private let parameters: Range<Int>?

    /// What a call says, to tell whether another one says the same.
    struct Text: Sendable {
        fileprivate let bytes: [UInt8]
        fileprivate let method: String
        fileprivate let parameters: Range<Int>?
        fileprivate let flags: CallOptions

        var byteCount: Int { bytes.count }
    }

    var text: Text {
        var flags: CallOptions = []
        if wantsMore { flags.insert(.more) }
        if isOneway { flags.insert(.oneway) }
        if wantsUpgrade { flags.insert(.upgrade) }
        return Text(bytes: bytes, method: method, parameters: parameters, flags: flags)
    }

    /// A call that says what a former one did, byte for byte; nil where it does not.
    init?(
        _ message: borrowing VarlinkMessage, repeating former: Text, at place: Int,
        slot: (_ isOneway: Bool) -> ReplySlot
    ) {
        guard message.descriptors.isEmpty, message.bytes.isSame(as: former.bytes) else { return nil }
        self.place = place
        sender = message.sender
        bytes = former.bytes
        descriptors = UniqueArray()
        method = former.method
        wantsMore = former.flags.contains(.more)
        isOneway = former.flags.contains(.oneway)
        wantsUpgrade = former.flags.contains(.upgrade)
        parameters = former.parameters
        isRepeated = true
        self.slot = slot(isOneway)
    }

    /// Reads a call.
    ///
    /// - Throws: ``MessageError/malformed(_:)``: not JSON, no method, a member that calls do not have, a value of a wrong
    ///   kind, or a string with more than 30 combining marks in a row. The message and its descriptors are gone then.
    public init(_ message: consuming VarlinkMessage) throws(MessageError) {
        try self.init(message) { _ in .nowhere }
    }

    /// The same, with a slot that is opened when the call has been read.
    init(_ message: consuming VarlinkMessage, slot: (_ isOneway: Bool) -> ReplySlot) throws(MessageError) {
        var method: String?
        var parameters: Range<Int>?
        var (more, oneway, upgrade) = (false, false, false)
        do {
            // A number that nobody can hold is the parameter's fault, not the message's: it is found when that is read.
            // Whoever reads the method and the parameters compares and hashes strings: none of them makes that slow.
            var reader = JSONReader(message.bytes, limits: JSONLimits(checksSkippedNumbers: false, marksInARow: 30))
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "method": method = try reader.readString()
                case "parameters": parameters = try reader.skipObject()
                case "more": more = try reader.read(Bool?.self) ?? false
                case "oneway": oneway = try reader.read(Bool?.self) ?? false
                case "upgrade": upgrade = try reader.read(Bool?.self) ?? false
                default: try reader.skipOrRefuse(key)
                }
            }
            try reader.finish()
            self.method = try reader.require(method, "method")
        } catch {
            throw .malformed(error)
        }
        sender = message.sender
        bytes = message.bytes
        descriptors = message.descriptors
        wantsMore = more
        isOneway = oneway
        wantsUpgrade = upgrade
        self.parameters = parameters
        isRepeated = false
        self.slot = slot(oneway)
    }

    /// Takes out what came with the call.
    public mutating func takeDescriptors() -> [HeldDescriptor] {
        var held: [HeldDescriptor] = []
        held.reserveCapacity(descriptors.count)
        while !descriptors.isEmpty { held.append(HeldDescriptor(descriptors.removeLast())) }
        return held.reversed()
    }

    /// The name of the interface: what stands before the last dot of the method.
    public var interface: Substring {
        method.utf8.lastIndex(of: UInt8(ascii: ".")).map { method[..<$0] } ?? ""
    }

    /// Reads the parameters. Missing ones, `null` and `{}` mean the same.
    ///
    /// - Throws: the error reply for it, `org.varlink.service.InvalidParameter` with the path to the parameter.
    public func parameters<Parameters: JSONReadable>(
        as type: Parameters.Type = Parameters.self
    ) throws(VarlinkError) -> Parameters {
        var reader =
            if let parameters { JSONReader(bytes, in: parameters) } else { JSONReader(Self.noParameters) }
        do {
            return try Parameters(from: &reader)
        } catch {
            throw .invalidParameter(error)
        }
    }

    private static let noParameters = [UInt8]("{}".utf8)
}

extension [UInt8] {
    /// Whether the bytes are the same (`memcmp(3)`).
    fileprivate func isSame(as other: [UInt8]) -> Bool {
        guard count == other.count else { return false }
        return withUnsafeBytes { bytes in
            other.withUnsafeBytes { others in
                guard let base = bytes.baseAddress, let other = others.baseAddress else { return true }
                return memcmp(base, other, bytes.count) == 0
            }
        }
    }
}

extension JSONReader {
    /// Goes over an object and says where it lies; `nil` for `null`.
    mutating func skipObject() throws(JSONError) -> Range<Int>? {
        let kind = try peek()
        if kind == .null {
            try readNull()
            return nil
        }
        guard kind == .object else { throw error(.wrongKind(expected: .object, found: kind)) }
        return try skipValue()
    }
}
