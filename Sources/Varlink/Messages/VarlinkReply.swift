// SPDX-License-Identifier: Apache-2.0

public import BasicContainers
public import Descriptors
public import JSONText

/// A reply, as a client takes it out of a message.
public struct VarlinkReply: ~Copyable, Sendable {
    /// The full name of the error that this reply is.
    public let error: String?
    /// Further replies to the same call follow.
    public let continues: Bool
    /// What came with the reply. Owned; closed with the reply unless somebody takes them out.
    public var descriptors: UniqueArray<OwnedDescriptor>
    /// More descriptors were sent, and lost behind these on the way (`MSG_CTRUNC`): for want of free numbers
    /// (`RLIMIT_NOFILE`), or since a security module does not let this process receive one of them.
    public let lacksDescriptors: Bool
    private let bytes: [UInt8]
    private let parameters: Range<Int>?

    /// Reads a reply. Members that replies do not have are passed over: a newer server may say more.
    ///
    /// - Throws: ``MessageError/malformed(_:)``.
    public init(_ message: consuming VarlinkMessage) throws(MessageError) {
        try self.init(message) { _ throws(JSONError) in false }
    }

    /// The same, and reads the parameters as a type on the way where that is what they are: a large reply is gone through once.
    init<Parameters: JSONReadable>(
        _ message: consuming VarlinkMessage, reading read: inout Parameters?
    ) throws(MessageError) {
        var found: Parameters?
        try self.init(message) { reader throws(JSONError) in
            // What they are not, or may not be in an error, is told by who asks for them.
            var trial = reader
            guard let parameters = try? Parameters(from: &trial) else { return false }
            (reader, found) = (trial, parameters)
            return true
        }
        read = found
    }

    /// - Parameter readParameters: goes over them, or returns false and has not moved.
    private init(
        _ message: consuming VarlinkMessage,
        readParameters: (inout JSONReader) throws(JSONError) -> Bool
    ) throws(MessageError) {
        var error: String?
        var continues = false
        var parameters: Range<Int>?
        do {
            var reader = JSONReader(message.bytes, limits: Self.limits)
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "error": error = try reader.read()
                case "parameters":
                    _ = try reader.peek()
                    let start = reader.offset
                    parameters = try readParameters(&reader) ? start..<reader.offset : try reader.skipObject()
                case "continues": continues = try reader.read(Bool?.self) ?? false
                default: try reader.skipOrRefuse(key)
                }
            }
            try reader.finish()
        } catch {
            throw .malformed(error)
        }
        bytes = message.bytes
        lacksDescriptors = message.lacksDescriptors
        descriptors = message.descriptors
        self.error = error
        self.continues = continues
        self.parameters = parameters
    }

    /// Reads the parameters of a reply that is no error. Members that the type does not know are passed over.
    ///
    /// - Throws: ``MessageError/malformed(_:)`` when the parameters are not what the method declares.
    public func parameters<Parameters: JSONReadable>(
        as type: Parameters.Type = Parameters.self
    ) throws(MessageError) -> Parameters {
        var reader =
            if let parameters {
                JSONReader(bytes, in: parameters, limits: Self.limits)
            } else {
                JSONReader([UInt8]("{}".utf8), limits: Self.limits)
            }
        do {
            return try Parameters(from: &reader)
        } catch {
            throw .malformed(error)
        }
    }

    /// The error that this reply is, if it is one.
    public var varlinkError: VarlinkError? {
        guard let error else { return nil }
        // The bytes were read before, so this does not fail.
        let parameters = try? parameters(as: JSONObject.self)
        return VarlinkError(name: error, parameters: parameters ?? [:])
    }

    private static let limits = JSONLimits(skipsUnknownMembers: true)
}
