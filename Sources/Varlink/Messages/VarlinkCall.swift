// SPDX-License-Identifier: Apache-2.0

public import BasicContainers
public import Descriptors
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
    private let bytes: [UInt8]
    /// Where the object lies in `bytes`; `nil` if there is none, which means an empty one.
    private let parameters: Range<Int>?

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
        self.slot = slot(oneway)
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
