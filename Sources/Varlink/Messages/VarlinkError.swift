// SPDX-License-Identifier: Apache-2.0

public import JSONText

/// An error reply: the full name of an error that an interface declares, and its parameters.
public struct VarlinkError: Error, Equatable, Sendable, CustomStringConvertible {
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

    public var description: String {
        parameters.isEmpty ? name : "\(name) \(JSONValue.object(parameters).text)"
    }
}

/// The errors of `org.varlink.service`, which every service can answer with.
extension VarlinkError {
    private static let prefix = "org.varlink.service."

    /// There is no such interface here.
    public static func interfaceNotFound(_ interface: String) -> VarlinkError {
        VarlinkError(name: prefix + "InterfaceNotFound", parameters: ["interface": .string(interface)])
    }

    /// The interface has no such method.
    public static func methodNotFound(_ method: String) -> VarlinkError {
        VarlinkError(name: prefix + "MethodNotFound", parameters: ["method": .string(method)])
    }

    /// The interface has the method, and this service does not do it.
    public static func methodNotImplemented(_ method: String) -> VarlinkError {
        VarlinkError(name: prefix + "MethodNotImplemented", parameters: ["method": .string(method)])
    }

    /// A parameter is missing, is not known, or has a wrong value. The path names it, such as `requests[1].name`.
    public static func invalidParameter(_ path: String) -> VarlinkError {
        VarlinkError(name: prefix + "InvalidParameter", parameters: ["parameter": .string(path)])
    }

    /// The parameter that could not be read.
    public static func invalidParameter(_ error: JSONError) -> VarlinkError {
        invalidParameter(error.path)
    }

    /// The peer may not call the method.
    public static let permissionDenied = VarlinkError(name: prefix + "PermissionDenied")

    /// The method answers only calls that take several replies.
    public static let expectedMore = VarlinkError(name: prefix + "ExpectedMore")
}
