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
}

extension VarlinkError: CustomStringConvertible {
    public var description: String {
        parameters.isEmpty ? name : "\(name) \(JSONValue.object(parameters).text)"
    }
}
