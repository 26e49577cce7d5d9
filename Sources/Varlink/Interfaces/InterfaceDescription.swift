// SPDX-License-Identifier: Apache-2.0

/// An interface, as an interface file declares it.
///
///     let broker = try InterfaceDescription(parsing: text)
///     for method in broker.methods { print(method.name, method.documentation) }
///
/// The whole grammar of Varlink's interface files is read. Types, methods and errors share one namespace; every type
/// that is used is declared.
public struct InterfaceDescription: Equatable, Sendable {
    /// Such as `io.vaultd.Broker`.
    public let name: String
    /// The comment before `interface`, without the number signs.
    public let documentation: String
    public let types: [DeclaredType]
    public let methods: [DeclaredMethod]
    public let errors: [DeclaredError]

    /// `type Name (…)`
    public struct DeclaredType: Equatable, Sendable {
        public let name: String
        /// A structure or an enumeration.
        public let type: InterfaceType
        public let documentation: String
        public let place: InterfacePlace
    }

    /// `method Name(…) -> (…)`
    public struct DeclaredMethod: Equatable, Sendable {
        public let name: String
        public let parameters: [InterfaceField]
        public let reply: [InterfaceField]
        public let documentation: String
        public let place: InterfacePlace
    }

    /// `error Name (…)`
    public struct DeclaredError: Equatable, Sendable {
        public let name: String
        public let parameters: [InterfaceField]
        public let documentation: String
        public let place: InterfacePlace
    }

    /// The type of a name, looked up one after the other.
    public func type(named name: String) -> InterfaceType? {
        types.first { $0.name == name }?.type
    }
}

extension InterfaceDescription {
    /// Reads an interface file.
    ///
    /// - Throws: the first thing that is wrong, with its place.
    public init(parsing text: String) throws(InterfaceError) {
        var parser = InterfaceParser(text)
        self = try parser.parse()
        try check()
    }
}

/// What is wrong in an interface file.
public struct InterfaceError: Error, Equatable, Sendable, CustomStringConvertible {
    public let place: InterfacePlace
    public let message: String

    public init(_ message: String, at place: InterfacePlace) {
        self.message = message
        self.place = place
    }

    public var description: String { "\(place.line):\(place.column): \(message)" }
}
