// SPDX-License-Identifier: Apache-2.0

import Varlink

/// Structures and enumerations, with what reads and writes them.
extension InterfaceGenerator {
    /// A field as Swift has it.
    struct Property {
        let field: InterfaceField
        /// In the text of a program.
        let name: String
        /// The type, with its question mark.
        let type: String
        /// Whether it is read as it is, `null` too.
        let isAny: Bool

        init(_ field: InterfaceField, own: String, _ scope: TypeScope) {
            self.field = field
            name = SwiftNames.quoted(SwiftNames.lower(field.name))
            type = scope.type(field.type, own: own)
            isAny = field.type == .any
        }

        /// As a parameter, or an associated value.
        var parameter: String { "\(name): \(type)\(field.isOptional ? " = nil" : "")" }
    }

    func writeStructure(_ name: String, _ fields: [InterfaceField], documentation: String, _ scope: TypeScope) {
        var scope = scope
        let conformances = conformances(scope)
        scope.enter(Set(fields.filter { $0.type.unnamed != nil }.map { SwiftNames.upper($0.name) }))
        let properties = fields.map { Property($0, own: SwiftNames.upper($0.name), scope) }
        swift.documentation(documentation)
        swift.block("\(access)struct \(SwiftNames.quoted(name)): \(conformances)") {
            for property in properties {
                swift.documentation(property.field.documentation)
                let isIndirect = scope.declaredType.map { reaches($0, from: property.field.type) } ?? false
                let wrapper = isIndirect ? "@\(scope.known("Indirect", of: "Varlink")) " : ""
                swift.line("\(wrapper)\(access)var \(property.name): \(property.type)")
            }
            if !fields.isEmpty { swift.line("") }
            writeInitializer(properties)
            swift.line("")
            writeReading(properties, scope)
            swift.line("")
            writeWriting(properties, scope)
            for field in fields {
                guard let type = field.type.unnamed else { continue }
                swift.line("")
                writeUnnamed(type, SwiftNames.upper(field.name), "Of the field `\(field.name)`.", scope)
            }
        }
    }

    /// A type for a field that has one of its own.
    func writeUnnamed(_ type: InterfaceType, _ name: String, _ documentation: String, _ scope: TypeScope) {
        switch type {
        case .structure(let fields): writeStructure(name, fields, documentation: documentation, scope)
        case .enumeration(let words): writeEnumeration(name, words, documentation: documentation, scope)
        default: break
        }
    }

    private func conformances(_ scope: TypeScope) -> String {
        [("JSONReadable", "JSONText"), ("JSONWritable", "JSONText"), ("Equatable", "Swift"), ("Sendable", "Swift")]
            .map { scope.known($0, of: $1) }.joined(separator: ", ")
    }

    private func writeInitializer(_ properties: [Property]) {
        guard !properties.isEmpty else { return swift.line("\(access)init() {}") }
        swift.list("\(access)init", properties.map(\.parameter), " {", isDeclaration: true)
        swift.inside {
            for property in properties { swift.line("self.\(property.name) = \(property.name)") }
        }
        swift.line("}")
    }

    private func writeReading(_ properties: [Property], _ scope: TypeScope) {
        let names = Set(properties.map(\.name))
        let reader = Self.free("reader", names)
        let key = Self.free("key", names)
        let label = reader == "reader" ? "from reader" : "from \(reader)"
        let readerType = scope.known("JSONReader", of: "JSONText")
        let error = scope.known("JSONError", of: "JSONText")
        swift.block("\(access)init(\(label): inout \(readerType)) throws(\(error))") {
            for property in properties {
                swift.line("var \(property.name): \(property.type)\(property.field.isOptional ? "" : "?")")
            }
            swift.line("try \(reader).beginObject()")
            guard !properties.isEmpty else {
                swift.line("while let \(key) = try \(reader).nextKey() { try \(reader).skipOrRefuse(\(key)) }")
                return
            }
            swift.block("while let \(key) = try \(reader).nextKey()") {
                swift.line("switch \(key) {")
                for property in properties {
                    // What may be anything may be null, which is not the same as nothing.
                    let type = property.isAny ? "\(property.type).self" : ""
                    swift.line("case \"\(property.field.name)\": \(property.name) = try \(reader).read(\(type))")
                }
                swift.line("default: try \(reader).skipOrRefuse(\(key))")
                swift.line("}")
            }
            for property in properties {
                let name = property.name
                swift.line(
                    property.field.isOptional
                        ? "self.\(name) = \(name)"
                        : "self.\(name) = try \(reader).require(\(name), \"\(property.field.name)\")")
            }
        }
    }

    private func writeWriting(_ properties: [Property], _ scope: TypeScope) {
        let writer = Self.free("writer", Set(properties.map(\.name)))
        swift.block("\(access)func write(to \(writer): inout \(scope.known("JSONWriter", of: "JSONText")))") {
            swift.line("\(writer).beginObject()")
            for property in properties { swift.line("\(writer).member(\"\(property.field.name)\", \(property.name))") }
            swift.line("\(writer).endObject()")
        }
    }

    /// A name for a variable that no field has.
    static func free(_ name: String, _ taken: Set<String>) -> String {
        var candidate = name
        var number = 2
        while taken.contains(candidate) {
            candidate = "\(name)\(number)"
            number += 1
        }
        return candidate
    }

    // MARK: - Enumerations

    func writeEnumeration(_ name: String, _ words: [InterfaceWord], documentation: String, _ scope: TypeScope) {
        let cases = words.map { (word: $0, name: SwiftNames.lower($0.name)) }
        let unknown = Self.free("unknown", Set(cases.map(\.name)))
        let string = scope.known("String", of: "Swift")
        swift.documentation(documentation)
        swift.block("\(access)enum \(SwiftNames.quoted(name)): \(conformances(scope))") {
            for (word, name) in cases {
                swift.documentation(word.documentation)
                swift.line("case \(SwiftNames.quoted(name))")
            }
            swift.line("/// A word that is not declared. A client takes it from a newer service; a service refuses it.")
            swift.line("case \(unknown)(\(string))")
            swift.line("")
            swift.block("\(access)init(_ word: \(string))") {
                swift.line("switch \(scope.known("JSONKey", of: "JSONText"))(word) {")
                for (word, name) in cases { swift.line("case \"\(word.name)\": self = .\(SwiftNames.quoted(name))") }
                swift.line("default: self = .\(unknown)(word)")
                swift.line("}")
            }
            swift.line("")
            swift.line("/// The word as it crosses the wire.")
            swift.block("\(access)var word: \(string)") {
                swift.line("switch self {")
                for (word, name) in cases { swift.line("case .\(SwiftNames.quoted(name)): \"\(word.name)\"") }
                swift.line("case .\(unknown)(let word): word")
                swift.line("}")
            }
            writeReadingAndWritingOfWord(unknown, scope)
        }
    }

    private func writeReadingAndWritingOfWord(_ unknown: String, _ scope: TypeScope) {
        let reader = scope.known("JSONReader", of: "JSONText")
        let error = scope.known("JSONError", of: "JSONText")
        swift.line("")
        swift.block("\(access)init(from reader: inout \(reader)) throws(\(error))") {
            swift.line("self.init(try reader.readString())")
            swift.line("if case .\(unknown)(let word) = self { try reader.passOrRefuse(word: word) }")
        }
        swift.line("")
        swift.block("\(access)func write(to writer: inout \(scope.known("JSONWriter", of: "JSONText")))") {
            swift.line("writer.string(word)")
        }
    }

    // MARK: - Types that contain themselves

    /// Whether a value of a type has a value of a declared one in it, not behind an array or a map.
    private func reaches(_ name: String, from type: InterfaceType) -> Bool {
        var seen: Set<String> = []
        func look(_ type: InterfaceType) -> Bool {
            switch type {
            case .named(let other):
                if other == name { return true }
                guard seen.insert(other).inserted, let type = interface.type(named: other) else { return false }
                return look(type)
            case .structure(let fields): return fields.contains { look($0.type) }
            case .optional(let type): return look(type)
            default: return false
            }
        }
        return look(type)
    }
}
