// SPDX-License-Identifier: Apache-2.0

public import JSONText

/// An error reply: the full name of an error that an interface declares, and its parameters.
public struct VarlinkError: Error, Equatable, Sendable {
    /// Such as `org.varlink.service.MethodNotFound`.
    public let name: String
    /// The fields of the error's declaration.
    public let parameters: JSONObject

    public init(name: String, parameters: JSONObject = [:]) {
        self.name = name
        self.parameters = parameters
    }

    /// Reads a field; `nil` if there is none, or it is of another type. Members of it that are not known are passed over.
    public func parameter<Value: JSONReadable>(_ key: String, as type: Value.Type = Value.self) -> Value? {
        guard let value = parameters[key], value != .null else { return nil }
        return try? Value(parsing: value.jsonBytes(), limits: JSONLimits(skipsUnknownMembers: true))
    }
}

extension VarlinkError: CustomStringConvertible {
    public var description: String {
        parameters.isEmpty ? name : "\(name) \(JSONValue.object(parameters).text)"
    }
}
