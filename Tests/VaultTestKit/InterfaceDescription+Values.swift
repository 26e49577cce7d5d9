// SPDX-License-Identifier: Apache-2.0

public import JSONText
public import Varlink

extension InterfaceDescription {
    public func method(named name: String) -> DeclaredMethod? {
        methods.first { $0.name == name }
    }

    public func error(named name: String) -> DeclaredError? {
        errors.first { $0.name == name }
    }

    /// Checks a message against the fields that a method or an error declares for it.
    ///
    /// - Returns: what does not fit, with its path, such as `grants[0].rights: expected []string`; `nil` if all fits.
    public func mismatch(of message: JSONObject, with fields: [InterfaceField]) -> String? {
        mismatch(of: .object(message), with: .structure(fields), at: "")
    }

    private func mismatch(of value: JSONValue, with type: InterfaceType, at path: String) -> String? {
        switch (type, value) {
        case (.any, _), (.object, .object), (.bool, .bool), (.int, .integer), (.string, .string): return nil
        case (.float, .integer), (.float, .double): return nil
        case (.optional, .null): return nil
        case (.optional(let type), _): return mismatch(of: value, with: type, at: path)
        case (.named(let name), _):
            guard let type = self.type(named: name) else { return "\(path): there is no type \(name)" }
            return mismatch(of: value, with: type, at: path)
        case (.enumeration(let words), .string(let word)) where words.contains(where: { $0.name == word }): return nil
        case (.array(let element), .array(let values)):
            for (index, value) in values.enumerated() {
                if let mismatch = mismatch(of: value, with: element, at: "\(path)[\(index)]") { return mismatch }
            }
            return nil
        case (.map(let type), .object(let object)):
            for member in object.members {
                if let mismatch = mismatch(of: member.value, with: type, at: path + "." + member.key) {
                    return mismatch
                }
            }
            return nil
        case (.structure(let fields), .object(let object)): return mismatch(of: object, with: fields, at: path)
        default: return "\(path): expected \(type)"
        }
    }

    private func mismatch(of object: JSONObject, with fields: [InterfaceField], at path: String) -> String? {
        let prefix = path.isEmpty ? "" : path + "."
        if let unknown = object.keys.first(where: { key in !fields.contains { $0.name == key } }) {
            return "\(prefix)\(unknown): not declared"
        }
        for field in fields {
            if let value = object[field.name] {
                if let mismatch = mismatch(of: value, with: field.type, at: prefix + field.name) { return mismatch }
            } else if !field.isOptional {
                return "\(prefix)\(field.name): missing"
            }
        }
        return nil
    }
}
