// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import Varlink
import VaultInterface

/// A struct and the declaration that it has to be like.
struct MessageCase: Sendable, CustomTestStringConvertible {
    /// Where the declaration is: a type, or a method with `.Parameters` or `.Reply`.
    let name: String
    let check: @Sendable (InterfaceDescription) throws -> Void

    var testDescription: String { name }

    /// A type: `full` has a value in every field, at every level.
    init<Message>(_ name: String, _ full: Message)
    where Message: JSONReadable & JSONWritable & Equatable & Sendable {
        self.name = name
        check = { interface in
            let fields = try #require(Self.fields(of: name, in: interface), "\(name) is not declared")
            try MessageComparison(full: full, fields: fields, interface: interface).run()
        }
    }

    private static func fields(of name: String, in interface: InterfaceDescription) -> [InterfaceField]? {
        let parts = name.split(separator: ".").map(String.init)
        if parts.count == 1 {
            guard case .structure(let fields) = interface.type(named: name) else { return nil }
            return fields
        }
        let method = interface.method(named: parts[0])
        return parts[1] == "Parameters" ? method?.parameters : method?.reply
    }

    /// The messages of a method.
    static func method<Method: InterfaceMethod>(
        _ type: Method.Type, _ parameters: Method.Parameters, _ reply: Method.Reply
    ) -> [MessageCase] {
        let name = String(Method.method.split(separator: ".").last ?? "")
        return [MessageCase("\(name).Parameters", parameters), MessageCase("\(name).Reply", reply)]
    }
}

/// Compares a struct with a declaration, by what it writes and what it reads.
private struct MessageComparison<Message: JSONReadable & JSONWritable & Equatable> {
    let full: Message
    let fields: [InterfaceField]
    let interface: InterfaceDescription

    func run() throws {
        let tree = try JSONObject(parsing: full.jsonBytes())
        #expect(tree.keys == fields.map(\.name), "the struct writes the fields in the order of the declaration")
        #expect(interface.mismatch(of: tree, with: fields) == nil)
        #expect(interface.mismatch(of: tree, with: fields.map(\.withoutOptionals)) == nil, "every field has a value")
        #expect(try Message(parsing: full.jsonBytes()) == full)
        try checkOptionals(tree)
        for field in fields { try checkKind(of: field, in: tree) }
        try checkUnknown(tree)
    }

    /// What may be missing or null is what the declaration says, and what is missing is not written.
    private func checkOptionals(_ tree: JSONObject) throws {
        var minimal = tree
        for field in fields where field.isOptional { minimal[field.name] = nil }
        #expect(try JSONObject(parsing: Message(parsing: minimal.jsonBytes()).jsonBytes()) == minimal)
        for field in fields {
            var without = tree
            without[field.name] = nil
            var null = tree
            null[field.name] = .null
            for changed in [without, null] {
                if field.isOptional {
                    let read = try Message(parsing: changed.jsonBytes())
                    #expect(try JSONObject(parsing: read.jsonBytes()) == without)
                } else {
                    let error = #expect(throws: JSONError.self) { try Message(parsing: changed.jsonBytes()) }
                    #expect(error?.path == field.name)
                }
            }
        }
    }

    /// A value of another kind is refused, and the field named.
    private func checkKind(of field: InterfaceField, in tree: JSONObject) throws {
        for wrong: JSONValue in [true, 1, 1.5, "text", [], [1], ["text"], [[:]], [:], ["other": 1]] {
            var changed = tree
            changed[field.name] = wrong
            guard interface.mismatch(of: changed, with: fields) != nil else { continue }
            let error = #expect(throws: JSONError.self, "\(field.name): \(wrong.text)") {
                try Message(parsing: changed.jsonBytes())
            }
            #expect(error?.path.hasPrefix(field.name) == true)
        }
    }

    /// A member that is not declared is refused by a server, and passed over by a client.
    private func checkUnknown(_ tree: JSONObject) throws {
        var changed = tree
        changed["undeclared"] = [["a": 1]]
        let error = #expect(throws: JSONError.self) { try Message(parsing: changed.jsonBytes()) }
        #expect(error?.reason == .unknownMember("undeclared"))
        #expect(error?.path == "undeclared")
        let limits = JSONLimits(skipsUnknownMembers: true)
        #expect(try Message(parsing: changed.jsonBytes(), limits: limits) == full)
    }
}

extension InterfaceField {
    fileprivate var withoutOptionals: InterfaceField {
        InterfaceField(name: name, type: type.withoutOptionals, documentation: documentation, place: place)
    }
}

extension InterfaceType {
    fileprivate var withoutOptionals: InterfaceType {
        switch self {
        case .optional(let type): type.withoutOptionals
        case .array(let type): .array(type.withoutOptionals)
        case .map(let type): .map(type.withoutOptionals)
        case .structure(let fields): .structure(fields.map(\.withoutOptionals))
        default: self
        }
    }
}
