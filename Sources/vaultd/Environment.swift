// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The process environment, read once before there is a second thread.
struct Environment {
    private let values: [String: String]

    init(_ values: [String: String]) {
        self.values = values
    }

    /// A variable that is set and not empty.
    subscript(name: String) -> String? {
        guard let value = values[name], !value.isEmpty else { return nil }
        return value
    }

    static var current: Environment {
        var values: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                values[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            next += 1
        }
        return Environment(values)
    }
}
