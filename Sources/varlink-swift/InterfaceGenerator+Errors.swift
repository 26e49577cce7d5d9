// SPDX-License-Identifier: Apache-2.0

import JSONText
import Varlink

/// The errors of an interface, as one enumeration.
extension InterfaceGenerator {
    /// An error as Swift has it.
    private struct Failure {
        let declaration: InterfaceDescription.DeclaredError
        /// The name of its case.
        let name: String
        let properties: [Property]

        /// The name of the type that is declared for a field, if it has one of its own.
        static func own(_ error: InterfaceDescription.DeclaredError, _ field: InterfaceField) -> String {
            error.name + SwiftNames.upper(field.name)
        }

        /// As a pattern.
        var bindings: [String] { properties.map { "let \($0.name)" } }
    }

    func writeErrors() {
        var scope = TypeScope(outsideOf: namespace)
        scope.enter(
            Set(
                interface.errors.flatMap { error in
                    error.parameters.filter { $0.type.unnamed != nil }.map { Failure.own(error, $0) }
                }))
        let failures = interface.errors.map { error in
            Failure(
                declaration: error, name: SwiftNames.quoted(SwiftNames.lower(error.name)),
                properties: error.parameters.map { Property($0, own: Failure.own(error, $0), scope) })
        }
        let conformances = ["Error", "Equatable", "Sendable"].map { scope.known($0, of: "Swift") }
        swift.line("")
        swift.documentation("The errors of `\(interface.name)`.")
        swift.block("\(access)enum \(prefix)Error: \(conformances.joined(separator: ", "))") {
            for failure in failures { writeCase(failure) }
            swift.line("")
            writeToWire(failures, scope)
            swift.line("")
            writeFromWire(failures, scope)
            for error in interface.errors {
                for field in error.parameters {
                    guard let type = field.type.unnamed else { continue }
                    swift.line("")
                    writeUnnamed(type, Failure.own(error, field), "Of `\(field.name)` in `\(error.name)`.", scope)
                }
            }
        }
    }

    private func writeCase(_ failure: Failure) {
        var documentation = failure.declaration.documentation
        let described = failure.properties.filter { !$0.field.documentation.isEmpty }
        if !described.isEmpty {
            documentation += "\n\n- Parameters:"
            for property in described {
                let text = property.field.documentation.split(at: "\n").joined(separator: " ")
                documentation += "\n  - \(SwiftNames.lower(property.field.name)): \(text)"
            }
        }
        swift.documentation(documentation)
        if failure.properties.isEmpty {
            swift.line("case \(failure.name)")
        } else {
            swift.list("case \(failure.name)", failure.properties.map(\.parameter), "")
        }
    }

    private func writeToWire(_ failures: [Failure], _ scope: TypeScope) {
        let type = scope.known("VarlinkError", of: "Varlink")
        swift.line("/// The error as it crosses the wire.")
        swift.block("\(access)var varlinkError: \(type)") {
            swift.line("switch self {")
            for failure in failures {
                let wire = "\(interface.name).\(failure.declaration.name)"
                guard !failure.properties.isEmpty else {
                    swift.line("case .\(failure.name): return \(type)(name: \"\(wire)\")")
                    continue
                }
                let parameters = Self.free("parameters", Set(failure.properties.map(\.name)))
                swift.list("case .\(failure.name)", failure.bindings, ":")
                swift.inside {
                    swift.line("var \(parameters) = \(scope.known("JSONObject", of: "JSONText"))()")
                    for property in failure.properties {
                        let value = property.name + (property.field.isOptional ? "?" : "")
                        swift.line("\(parameters)[\"\(property.field.name)\"] = \(value).jsonValue")
                    }
                    swift.line("return \(type)(name: \"\(wire)\", parameters: \(parameters))")
                }
            }
            swift.line("}")
        }
    }

    private func writeFromWire(_ failures: [Failure], _ scope: TypeScope) {
        let names = Set(failures.flatMap(\.properties).map(\.name))
        let error = Self.free("error", names)
        swift.line(
            "/// Reads an error that crossed the wire; `nil` if it is none of these, or lacks what it has to have.")
        swift.block("\(access)init?(_ \(error): \(scope.known("VarlinkError", of: "Varlink")))") {
            swift.line("switch \(error).name {")
            for failure in failures {
                swift.line("case \"\(interface.name).\(failure.declaration.name)\":")
                swift.inside {
                    for property in failure.properties where !property.field.isOptional {
                        let read = "\(error).parameter(\"\(property.field.name)\")"
                        swift.line("guard let \(property.name): \(property.type) = \(read) else { return nil }")
                    }
                    let values = failure.properties.map { property in
                        let read = "\(error).parameter(\"\(property.field.name)\")"
                        return "\(property.name): \(property.field.isOptional ? read : property.name)"
                    }
                    if values.isEmpty {
                        swift.line("self = .\(failure.name)")
                    } else {
                        swift.list("self = .\(failure.name)", values, "")
                    }
                }
            }
            swift.line("default: return nil")
            swift.line("}")
        }
    }
}
