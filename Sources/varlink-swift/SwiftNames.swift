// SPDX-License-Identifier: Apache-2.0

/// How names of an interface file are written in Swift.
enum SwiftNames {
    /// The name of a property, a case or a requirement: `any_thing` is `anyThing`, `WhoAmI` is `whoAmI`, `IOFailed` is
    /// `ioFailed`. Keywords are not quoted yet.
    static func lower(_ name: String) -> String {
        var words = words(of: name)
        let first = words.removeFirst()
        // Of several capitals the last begins a word, unless nothing follows it, or a digit.
        let capitals = first.prefix { $0.isUppercase }
        let rest = first.dropFirst(capitals.count)
        let kept = capitals.count > 1 && rest.first?.isLowercase == true ? 1 : 0
        let begin = capitals.dropLast(kept).lowercased() + capitals.suffix(kept) + rest
        let result = begin + words.map(capitalized).joined()
        // Nothing else can be called so.
        return result == "self" ? "selfValue" : result
    }

    /// The name of a type that stands for a field: `any_thing` is `AnyThing`.
    static func upper(_ name: String) -> String {
        words(of: name).map(capitalized).joined()
    }

    private static func words(of name: String) -> [Substring] {
        name.split { $0 == "_" || $0 == "-" }
    }

    private static func capitalized(_ word: Substring) -> String {
        word.prefix(1).uppercased() + word.dropFirst()
    }

    /// The name in the text of a program.
    static func quoted(_ name: String) -> String {
        keywords.contains(name) ? "`\(name)`" : name
    }

    private static let keywords: Set<String> = [
        "Any", "Protocol", "Self", "Type", "as", "associatedtype", "borrowing", "break", "case", "catch", "class",
        "consuming", "continue", "default", "defer", "deinit", "do", "else", "enum", "extension", "fallthrough",
        "false",
        "fileprivate", "for", "func", "guard", "if", "import", "in", "init", "inout", "internal", "is", "let", "nil",
        "operator", "precedencegroup", "private", "protocol", "public", "repeat", "rethrows", "return", "static",
        "struct",
        "subscript", "super", "switch", "throw", "throws", "true", "try", "typealias", "var", "where", "while",
    ]
}
