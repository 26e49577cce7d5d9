// SPDX-License-Identifier: Apache-2.0

public import JSONText

/// The bytes of messages, each with the NUL that ends it.
public enum MessageText {
    /// A reply with the parameters that the method declares.
    public static func reply(_ parameters: some JSONWritable, continues: Bool = false) -> [UInt8] {
        message { writer in
            writer.member("parameters", parameters)
            if continues { writer.member("continues", true) }
        }
    }

    /// An error in place of a reply.
    public static func error(_ error: VarlinkError) -> [UInt8] {
        message { writer in
            writer.member("error", error.name)
            writer.member("parameters", error.parameters)
        }
    }

    /// A call.
    public static func call(
        _ method: String, _ parameters: some JSONWritable, options: CallOptions = []
    ) -> [UInt8] {
        message { writer in
            writer.member("method", method)
            writer.member("parameters", parameters)
            if options.contains(.more) { writer.member("more", true) }
            if options.contains(.oneway) { writer.member("oneway", true) }
            if options.contains(.upgrade) { writer.member("upgrade", true) }
        }
    }

    @inline(__always)
    private static func message(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        members(&writer)
        writer.endObject()
        writer.terminate(with: 0)
        return writer.finish()
    }
}

/// How a call is to be answered.
public struct CallOptions: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// With several replies, if the method has them.
    public static let more = CallOptions(rawValue: 1)
    /// Not at all.
    public static let oneway = CallOptions(rawValue: 2)
    /// And then go on in another protocol.
    public static let upgrade = CallOptions(rawValue: 4)
}
