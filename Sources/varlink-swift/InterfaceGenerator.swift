// SPDX-License-Identifier: Apache-2.0

import Varlink

/// Writes an interface as Swift: one file, and for the same text always the same one.
///
/// What it writes rests on `JSONText` and `Varlink` alone. Messages read themselves in one scan, without a tree and without
/// reflection, and refuse or pass over what they do not know as the reader's limits say.
struct InterfaceGenerator {
    /// Who may use what is generated.
    enum Access: String, CaseIterable {
        case `public`, package, `internal`
    }

    struct Options {
        var access = Access.internal
        /// What the names of the Swift types begin with; `nil` for the last part of the interface's name.
        var prefix: String?
        /// The service is an actor: what is isolated to it can serve.
        var isActor = false
    }

    let interface: InterfaceDescription
    let options: Options
    /// What the names of the Swift types begin with.
    let prefix: String
    let swift = SwiftText()
    private let source: String
    private let file: String

    /// - Parameters:
    ///   - source: the text of the interface file.
    ///   - file: its name, for the comment on top.
    /// - Throws: what is wrong with it, or cannot be said in Swift, with its place.
    init(_ source: String, file: String, options: Options = Options()) throws(InterfaceError) {
        self.source = source
        self.file = file
        self.options = options
        interface = try InterfaceDescription(parsing: source)
        let last = interface.name.split(at: ".").last.map(String.init) ?? ""
        prefix = options.prefix ?? SwiftNames.upper(last)
        try checkNames()
    }

    /// The whole file.
    func generate() -> String {
        writeHeader()
        writeInterface()
        for type in interface.types {
            swift.line("")
            swift.block("extension \(namespace)") { writeType(type) }
        }
        for method in interface.methods {
            swift.line("")
            swift.block("extension \(namespace)") { writeMethod(method) }
        }
        if !interface.errors.isEmpty { writeErrors() }
        if !interface.methods.isEmpty { writeService() }
        return swift.text
    }

    /// The enumeration without cases that everything is declared in, but for errors and the service.
    var namespace: String { "\(prefix)Interface" }

    /// The keyword before a declaration, with a space.
    var access: String { options.access == .internal ? "" : "\(options.access.rawValue) " }

    private func writeHeader() {
        // The licence is that of the interface.
        for line in source.split(whereSeparator: \.isNewline) where line.hasPrefix("# SPDX-") {
            swift.line("//" + line.dropFirst())
        }
        swift.line("// Made by varlink-swift from \(file). Change that file, and make this one again.")
        swift.line("")
        let isEmpty = interface.methods.isEmpty && interface.errors.isEmpty
        if !isEmpty || !interface.types.isEmpty {
            swift.line("\(access)import JSONText")
            swift.line("\(access)import Varlink")
            swift.line("")
        }
    }

    private func writeInterface() {
        swift.documentation(interface.documentation)
        swift.block("\(access)enum \(namespace)") {
            swift.line("/// The name of the interface.")
            swift.line("\(access)static let name = \"\(interface.name)\"")
            swift.line("")
            swift.line("/// The text of the interface file, as `GetInterfaceDescription` returns it.")
            swift.literal("\(access)static let description =", source)
        }
    }

    private func writeType(_ type: InterfaceDescription.DeclaredType) {
        let scope = TypeScope(insideInterface: interface, namespace: namespace, declaredIn: type.name)
        switch type.type {
        case .structure(let fields):
            writeStructure(type.name, fields, documentation: type.documentation, scope)
        case .enumeration(let words):
            writeEnumeration(type.name, words, documentation: type.documentation, scope)
        default: preconditionFailure("the parser lets only structures and enumerations be declared")
        }
    }

    // MARK: - Methods

    private func writeMethod(_ method: InterfaceDescription.DeclaredMethod) {
        var scope = TypeScope(insideInterface: interface, namespace: namespace, declaredIn: nil)
        let quoted = SwiftNames.quoted(method.name)
        swift.documentation(method.documentation)
        swift.block("\(access)enum \(quoted): \(scope.known("InterfaceMethod", of: "Varlink"))") {
            swift.line("\(access)static let method = \"\(interface.name).\(method.name)\"")
            scope.enter(["Parameters", "Reply"])
            for (name, fields) in [("Parameters", method.parameters), ("Reply", method.reply)] {
                swift.line("")
                let documentation = "The \(name.lowercased()) of `\(method.name)`."
                if fields.isEmpty {
                    swift.documentation(documentation)
                    swift.line("\(access)typealias \(name) = \(scope.known("EmptyMessage", of: "Varlink"))")
                } else {
                    writeStructure(name, fields, documentation: documentation, scope)
                }
            }
        }
    }

    // MARK: - The service

    private func writeService() {
        let protocolName = "\(prefix)Service"
        swift.line("")
        swift.documentation(
            """
            What serves `\(interface.name)`: a requirement for each of its methods, so that the compiler says which one is \
            not served. ``\(namespace)/dispatch(_:to:in:)`` reads calls and calls it.
            """)
        swift.block("\(access)protocol \(protocolName)\(options.isActor ? ": Actor" : "")") {
            swift.line("/// What is known of a call beside its parameters: who calls, where the answer goes.")
            swift.line("associatedtype Context")
            for method in interface.methods {
                swift.line("")
                swift.documentation(method.documentation)
                swift.list(
                    "func \(SwiftNames.quoted(SwiftNames.lower(method.name)))",
                    ["_ parameters: \(namespace).\(SwiftNames.quoted(method.name)).Parameters", "in context: Context"],
                    " throws(VarlinkError)", isDeclaration: true)
            }
        }
        swift.line("")
        swift.block("extension \(namespace)") { writeDispatch(protocolName) }
    }

    private func writeDispatch(_ protocolName: String) {
        let scope = TypeScope(insideInterface: interface, namespace: namespace, declaredIn: nil)
        let error = scope.known("VarlinkError", of: "Varlink")
        swift.documentation(
            """
            Reads the parameters of a call, and has the service serve its method.

            - Returns: whether the interface has this method. If not, nothing was done.
            - Throws: `InvalidParameter` for parameters that are not as they are declared, and what the service throws.
            """)
        swift.list(
            "\(access)static func dispatch<Service: \(protocolName)>",
            [
                "_ call: borrowing \(scope.known("VarlinkCall", of: "Varlink"))",
                "to service: \(options.isActor ? "isolated " : "")Service", "in context: Service.Context",
            ], " throws(\(error)) -> \(scope.known("Bool", of: "Swift")) {", isDeclaration: true)
        swift.inside {
            swift.line("switch call.method {")
            for method in interface.methods {
                let requirement = SwiftNames.quoted(SwiftNames.lower(method.name))
                swift.line("case \(SwiftNames.quoted(method.name)).method:")
                swift.line("    try service.\(requirement)(try call.parameters(), in: context)")
            }
            swift.line("default: return false")
            swift.line("}")
            swift.line("return true")
        }
        swift.line("}")
    }
}

/// What an interface file may say and Swift cannot.
extension InterfaceGenerator {
    func checkNames() throws(InterfaceError) {
        let start = InterfacePlace(line: 1, column: 1)
        guard let first = prefix.utf8.first, first < UInt8(ascii: "a"), first > UInt8(ascii: "9") else {
            throw InterfaceError("no Swift type can be called '\(prefix)Interface': give another prefix", at: start)
        }
        try check(interface.methods.map { ($0.name, $0.place) }, SwiftNames.lower)
        try check(interface.errors.map { ($0.name, $0.place) }, SwiftNames.lower)
        for type in interface.types {
            guard ![namespace, "Swift", "JSONText", "Varlink"].contains(type.name) else {
                throw InterfaceError("the Swift type '\(type.name)' would hide another of this name", at: type.place)
            }
            try check(type.type)
        }
        for method in interface.methods {
            try check(.structure(method.parameters))
            try check(.structure(method.reply))
        }
        for error in interface.errors { try check(.structure(error.parameters)) }
    }

    private func check(_ type: InterfaceType) throws(InterfaceError) {
        switch type {
        case .structure(let fields):
            try check(fields.map { ($0.name, $0.place) }, SwiftNames.lower)
            try check(fields.filter { $0.type.unnamed != nil }.map { ($0.name, $0.place) }, SwiftNames.upper)
            for field in fields { try check(field.type) }
        case .enumeration(let words): try check(words.map { ($0.name, $0.place) }, SwiftNames.lower)
        case .array(let type), .map(let type), .optional(let type): try check(type)
        default: break
        }
    }

    private func check(_ names: [(String, InterfacePlace)], _ convert: (String) -> String) throws(InterfaceError) {
        var seen: [String: String] = [:]
        for (name, place) in names {
            let swift = convert(name)
            if let other = seen.updateValue(name, forKey: swift) {
                throw InterfaceError("'\(other)' and '\(name)' are both '\(swift)' in Swift", at: place)
            }
        }
    }
}
