// SPDX-License-Identifier: Apache-2.0

import Varlink

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
