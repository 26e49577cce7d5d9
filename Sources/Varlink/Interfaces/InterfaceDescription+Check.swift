// SPDX-License-Identifier: Apache-2.0

extension InterfaceDescription {
    /// What the grammar does not say: names are unique, and types that are used are declared.
    func check() throws(InterfaceError) {
        var members: Set<String> = []
        let declared =
            types.map { ($0.name, $0.place) } + methods.map { ($0.name, $0.place) } + errors.map { ($0.name, $0.place) }
        for (name, place) in declared.sorted(by: { $0.1 < $1.1 }) where !members.insert(name).inserted {
            throw InterfaceError("'\(name)' is declared twice", at: place)
        }
        let names = Set(types.map(\.name))
        for type in types { try check(type.type, names, at: type.place) }
        for method in methods {
            try check(method.parameters, names)
            try check(method.reply, names)
        }
        for error in errors { try check(error.parameters, names) }
    }

    private func check(_ fields: [InterfaceField], _ names: Set<String>) throws(InterfaceError) {
        var seen: Set<String> = []
        for field in fields {
            guard seen.insert(field.name).inserted else {
                throw InterfaceError("the field '\(field.name)' is declared twice", at: field.place)
            }
            try check(field.type, names, at: field.place)
        }
    }

    private func check(_ type: InterfaceType, _ names: Set<String>, at place: InterfacePlace) throws(InterfaceError) {
        switch type {
        case .bool, .int, .float, .string, .object, .any: break
        case .named(let name):
            if !names.contains(name) { throw InterfaceError("there is no type '\(name)'", at: place) }
        case .structure(let fields): try check(fields, names)
        case .enumeration(let words):
            var seen: Set<String> = []
            for word in words where !seen.insert(word.name).inserted {
                throw InterfaceError("the word '\(word.name)' is declared twice", at: word.place)
            }
        case .array(let inner), .map(let inner), .optional(let inner): try check(inner, names, at: place)
        }
    }
}

extension InterfacePlace: Comparable {
    public static func < (left: InterfacePlace, right: InterfacePlace) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}
