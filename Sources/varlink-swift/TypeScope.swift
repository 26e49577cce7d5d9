// SPDX-License-Identifier: Apache-2.0

import Varlink

/// How types are named at some place of the generated file, where types that the interface declares may hide others.
struct TypeScope {
    private let namespace: String
    private let isInsideInterface: Bool
    /// The type of the interface that is being written, if it is one.
    let declaredType: String?
    /// The names that are declared around the place, the outermost first.
    private var names: [Set<String>] = []

    /// In an extension of the interface's own enumeration.
    init(insideInterface interface: InterfaceDescription, namespace: String, declaredIn type: String?) {
        self.namespace = namespace
        isInsideInterface = true
        declaredType = type
        names = [Set(interface.types.map(\.name) + interface.methods.map(\.name))]
    }

    /// At the top level of the file.
    init(outsideOf namespace: String) {
        self.namespace = namespace
        isInsideInterface = false
        declaredType = nil
    }

    /// Goes into a type that declares other types.
    mutating func enter(_ names: Set<String>) {
        self.names.append(names)
    }

    /// A type of a module, by its name alone unless something else is called so here.
    func known(_ name: String, of module: String) -> String {
        names.contains { $0.contains(name) } ? "\(module).\(name)" : name
    }

    /// A type that the interface declares.
    func declared(_ name: String) -> String {
        let isHidden = !isInsideInterface || names.dropFirst().contains { $0.contains(name) }
        return isHidden ? "\(namespace).\(SwiftNames.quoted(name))" : SwiftNames.quoted(name)
    }

    /// The Swift type of a field.
    /// - Parameter own: the name of the type that is declared for it, if it is a structure or enumeration of its own.
    func type(_ type: InterfaceType, own: String) -> String {
        switch type {
        case .bool: known("Bool", of: "Swift")
        case .int: known("Int", of: "Swift")
        case .float: known("Double", of: "Swift")
        case .string: known("String", of: "Swift")
        case .object: known("JSONObject", of: "JSONText")
        case .any: known("JSONValue", of: "JSONText")
        case .named(let name): declared(name)
        case .structure(let fields) where fields.isEmpty: known("EmptyMessage", of: "Varlink")
        case .structure, .enumeration: SwiftNames.quoted(own)
        case .array(let element): "[\(self.type(element, own: own))]"
        case .map(let value): "[\(known("String", of: "Swift")): \(self.type(value, own: own))]"
        case .optional(let wrapped): "\(self.type(wrapped, own: own))?"
        }
    }
}

extension InterfaceType {
    /// The structure or enumeration without a name that lies in this type, if there is one: a type has to be declared for it.
    var unnamed: InterfaceType? {
        switch self {
        case .structure(let fields): fields.isEmpty ? nil : self
        case .enumeration: self
        case .array(let type), .map(let type), .optional(let type): type.unnamed
        default: nil
        }
    }
}
