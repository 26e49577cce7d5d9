// SPDX-License-Identifier: Apache-2.0

import JSONText

extension JSONReader {
    /// Goes over an object and says where it lies; `nil` for `null`.
    mutating func skipObject() throws(JSONError) -> Range<Int>? {
        let kind = try peek()
        if kind == .null {
            try readNull()
            return nil
        }
        guard kind == .object else { throw error(.wrongKind(expected: .object, found: kind)) }
        return try skipValue()
    }
}
