// SPDX-License-Identifier: Apache-2.0

extension JSONReader {
    /// The index of the next byte to be read.
    public var offset: Int { position }

    /// An error at the next byte, or at `offset`.
    @inline(never)
    public func error(_ reason: JSONError.Reason, at offset: Int? = nil) -> JSONError {
        JSONError(reason, offset: offset ?? position, path: trail.path(of: bytes))
    }

    /// Goes over the value of a key that means nothing here, or refuses it, as the limits say.
    public mutating func skipOrRefuse(_ key: JSONKey) throws(JSONError) {
        guard limits.skipsUnknownMembers else { throw error(.unknownMember(key.text)) }
        try skipValue()
    }

    /// The same for a word that means nothing here, where one of some words was read.
    public func passOrRefuse(word: String) throws(JSONError) {
        guard limits.skipsUnknownMembers else { throw error(.invalidValue("'\(word)' is not known")) }
    }

    /// The value of a member that must be there, once its object has ended.
    @inlinable
    public func require<Value>(_ value: Value?, _ key: StaticString) throws(JSONError) -> Value {
        guard let value else { throw missingMember(key) }
        return value
    }

    /// The error for a member that must be there and is not, once its object has ended.
    @inline(never)
    public func missingMember(_ key: StaticString) -> JSONError {
        let parent = trail.path(of: bytes)
        return JSONError(
            .missingMember("\(key)"), offset: position, path: parent.isEmpty ? "\(key)" : "\(parent).\(key)")
    }
}
