// SPDX-License-Identifier: Apache-2.0

import JSONText
import Varlink
import VaultTestKit

/// A parameter of a method, or a field within one, that is a whole number: found in the interface's own description, so
/// that the next method has it too.
struct IntegerField: Sendable, CustomStringConvertible {
    private struct Step: Sendable {
        let name: String
        let isList: Bool
    }

    /// The full name.
    let method: String
    private let interface: InterfaceDescription
    private let steps: [Step]

    /// The name of the field itself, which a refusal has to have.
    var name: String { steps.last?.name ?? "" }

    var description: String { "\(method) \(steps.map(\.name).joined(separator: "."))" }

    /// All of an interface.
    static func all(of interface: InterfaceDescription) -> [IntegerField] {
        interface.methods.flatMap { method in
            paths(method.parameters, interface).map {
                IntegerField(method: "\(interface.name).\(method.name)", interface: interface, steps: $0)
            }
        }
    }

    private static func paths(_ fields: [InterfaceField], _ interface: InterfaceDescription) -> [[Step]] {
        fields.flatMap { field -> [[Step]] in
            let (type, isList) = element(field.type)
            let step = Step(name: field.name, isList: isList)
            if type == .int { return [[step]] }
            return (self.fields(type, interface) ?? []).isEmpty
                ? [] : paths(self.fields(type, interface) ?? [], interface).map { [step] + $0 }
        }
    }

    private static func element(_ type: InterfaceType) -> (InterfaceType, isList: Bool) {
        switch type {
        case .optional(let inner): element(inner)
        case .array(let inner): (element(inner).0, true)
        default: (type, false)
        }
    }

    private static func fields(_ type: InterfaceType, _ interface: InterfaceDescription) -> [InterfaceField]? {
        switch type {
        case .structure(let fields): fields
        case .named(let name): interface.type(named: name).flatMap { fields($0, interface) }
        default: nil
        }
    }

    // MARK: Messages

    /// A call in which the field has this number, in the digits that are given, and what else the method needs.
    func call(_ number: String, more: Bool) -> String {
        let name = method.split(separator: ".").last.map(String.init) ?? ""
        let fields = interface.method(named: name)?.parameters ?? []
        var parameters = object(fields, steps[...])
        for (key, value) in Self.company(of: name, self.steps[0].name) where parameters[key] == nil {
            parameters[key] = value
        }
        let members = "\"method\":\"\(method)\",\"parameters\":\(JSONValue.object(parameters).text)"
        return "{\(members)\(more ? ",\"more\":true" : "")}".split(separator: "\"\(Self.mark)\"").joined(
            separator: number)
    }

    private static let mark = "the number"

    private func object(_ fields: [InterfaceField], _ path: ArraySlice<Step>) -> JSONObject {
        var object = JSONObject()
        for field in fields {
            let (type, isList) = Self.element(field.type)
            let value: JSONValue
            if let step = path.first, step.name == field.name {
                let rest = path.dropFirst()
                value =
                    rest.isEmpty
                    ? .string(Self.mark) : .object(self.object(Self.fields(type, interface) ?? [], rest))
            } else if field.isOptional {
                continue
            } else {
                value = plausible(field.name, type)
            }
            object[field.name] = isList ? .array(value == .null ? [] : [value]) : value
        }
        return object
    }

    private func plausible(_ name: String, _ type: InterfaceType) -> JSONValue {
        switch type {
        case .int: 0
        case .bool: false
        case .string: name == "by" ? "time" : "a"
        case .object: [:]
        default: Self.fields(type, interface).map { .object(object($0, [])) } ?? .null
        }
    }

    /// What goes along with some parameters, though each alone is optional.
    private static func company(of method: String, _ parameter: String) -> [(String, JSONValue)] {
        switch (method, parameter) {
        case ("Explain", "record"): []
        case ("Explain", _): [("subject", ["uid": 7]), ("name", "a")]
        case ("Query", "last"): [("follow", true)]
        default: []
        }
    }
}
