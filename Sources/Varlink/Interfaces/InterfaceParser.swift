// SPDX-License-Identifier: Apache-2.0

/// Reads an interface file from its names and punctuation. The grammar is that of varlink.org.
struct InterfaceParser {
    /// How deep types may lie within each other, since reading uses the stack.
    private static let depthLimit = 64

    private var scanner: InterfaceScanner
    private var depth = 0

    init(_ text: String) {
        scanner = InterfaceScanner(text)
    }

    mutating func parse() throws(InterfaceError) -> InterfaceDescription {
        let documentation = scanner.documentation
        try keyword("interface")
        let name = try interfaceName()
        var types: [InterfaceDescription.DeclaredType] = []
        var methods: [InterfaceDescription.DeclaredMethod] = []
        var errors: [InterfaceDescription.DeclaredError] = []
        while !scanner.isAtEnd {
            guard scanner.beginsLine else { throw scanner.error("expected the end of the line, found \(scanner.next)") }
            let documentation = scanner.documentation.joined(separator: "\n")
            let place = scanner.place
            switch scanner.peekWord() {
            case "type":
                try keyword("type")
                types.append(
                    .init(
                        name: try memberName(), type: try structureOrEnumeration(), documentation: documentation,
                        place: place))
            case "method":
                try keyword("method")
                let name = try memberName()
                let parameters = try structure("the parameters of '\(name)'")
                try scanner.expect("->")
                methods.append(
                    .init(
                        name: name, parameters: parameters, reply: try structure("the reply of '\(name)'"),
                        documentation: documentation, place: place))
            case "error":
                try keyword("error")
                let name = try memberName()
                errors.append(
                    .init(
                        name: name, parameters: try structure("the parameters of '\(name)'"),
                        documentation: documentation, place: place))
            default:
                throw scanner.error("expected 'type', 'method' or 'error', found \(scanner.next)")
            }
        }
        return InterfaceDescription(
            name: name, documentation: documentation.joined(separator: "\n"), types: types, methods: methods,
            errors: errors)
    }

    // MARK: - Names

    private mutating func keyword(_ word: String) throws(InterfaceError) {
        guard scanner.peekWord() == word else { throw scanner.error("expected '\(word)', found \(scanner.next)") }
        _ = scanner.takeWord()
    }

    /// Two or more parts of letters, digits and inner hyphens; the first begins with a letter.
    private mutating func interfaceName() throws(InterfaceError) -> String {
        let word = scanner.peekWord()
        let parts = word.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isValid =
            parts.count >= 2 && word.utf8.first.map(Self.isLetter) == true
            && parts.allSatisfy { part in
                part.first.map(Self.isLetterOrDigit) == true && part.last.map(Self.isLetterOrDigit) == true
                    && part.allSatisfy { Self.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
            }
        guard isValid else { throw scanner.error("expected the name of an interface, found \(scanner.next)") }
        return scanner.takeWord()
    }

    /// Letters and digits, the first an uppercase letter.
    private mutating func memberName() throws(InterfaceError) -> String {
        let word = scanner.peekWord()
        guard Self.isMemberName(word) else {
            throw scanner.error("expected a name that begins with an uppercase letter, found \(scanner.next)")
        }
        return scanner.takeWord()
    }

    private static func isMemberName(_ word: String) -> Bool {
        guard let first = word.utf8.first, first < UInt8(ascii: "a"), isLetter(first) else { return false }
        return word.utf8.allSatisfy(isLetterOrDigit)
    }

    /// Letters, digits and single inner underscores; the first is a letter.
    private mutating func fieldName() throws(InterfaceError) -> String {
        let word = scanner.peekWord()
        let parts = word.utf8.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        let isValid =
            word.utf8.first.map(Self.isLetter) == true
            && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(Self.isLetterOrDigit) }
        guard isValid else { throw scanner.error("expected the name of a field, found \(scanner.next)") }
        return scanner.takeWord()
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        isLetter(byte) || byte &- UInt8(ascii: "0") < 10
    }

    // MARK: - Types

    private mutating func type() throws(InterfaceError) -> InterfaceType {
        guard depth < Self.depthLimit else { throw scanner.error("types lie too deep within each other") }
        depth += 1
        defer { depth -= 1 }
        if scanner.skip("?") {
            guard !scanner.skip("?") else { throw scanner.error("'?' is written once") }
            return .optional(try type())
        }
        if scanner.skip("[") {
            if scanner.skip("]") { return .array(try type()) }
            try keyword("string")
            try scanner.expect("]")
            return .map(try type())
        }
        switch scanner.peekWord() {
        case "bool": return take(.bool)
        case "int": return take(.int)
        case "float": return take(.float)
        case "string": return take(.string)
        case "object": return take(.object)
        case "any": return take(.any)
        case let word where Self.isMemberName(word): return take(.named(word))
        default: return try structureOrEnumeration()
        }
    }

    private mutating func take(_ type: InterfaceType) -> InterfaceType {
        _ = scanner.takeWord()
        return type
    }

    private mutating func structure(_ what: String) throws(InterfaceError) -> [InterfaceField] {
        let place = scanner.place
        guard case .structure(let fields) = try structureOrEnumeration() else {
            throw InterfaceError("\(what) need types", at: place)
        }
        return fields
    }

    /// `(name: type, …)`, `(word, …)` or `()`, which is a structure.
    private mutating func structureOrEnumeration() throws(InterfaceError) -> InterfaceType {
        guard scanner.skip("(") else { throw scanner.error("expected a type, found \(scanner.next)") }
        var fields: [InterfaceField] = []
        var words: [InterfaceWord] = []
        if scanner.skip(")") { return .structure([]) }
        repeat {
            let documentation = scanner.documentation.joined(separator: "\n")
            let place = scanner.place
            let name = try fieldName()
            if words.isEmpty, scanner.skip(":") {
                fields.append(
                    InterfaceField(name: name, type: try type(), documentation: documentation, place: place))
            } else if fields.isEmpty {
                words.append(InterfaceWord(name: name, documentation: documentation, place: place))
            } else {
                throw scanner.error("expected ':', found \(scanner.next)")
            }
        } while scanner.skip(",")
        try scanner.expect(")")
        return fields.isEmpty ? .enumeration(words) : .structure(fields)
    }
}
