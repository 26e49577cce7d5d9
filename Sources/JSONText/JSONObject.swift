// SPDX-License-Identifier: Apache-2.0

/// The members of a JSON object, in the order of the text, each key once.
///
/// A look-up compares one key after the other while they are few, and then takes as long whatever their number: others
/// may have written the object. Removing a member takes as long as there are members.
public struct JSONObject: Equatable, Sendable {
    /// One member.
    public struct Member: Equatable, Sendable {
        public let key: String
        public var value: JSONValue
    }

    /// As many keys are compared one after the other.
    private static let few = 16

    /// The members, in order.
    public private(set) var members: [Member] = []
    /// Where each member stands, once they are more than a few.
    private var places: [JSONKey: Int] = [:]

    public init() {}

    public static func == (left: JSONObject, right: JSONObject) -> Bool { left.members == right.members }

    public var isEmpty: Bool { members.isEmpty }
    public var count: Int { members.count }
    public var keys: [String] { members.map(\.key) }

    /// The value of a member. Setting replaces it where it stands, or appends it; setting `nil` removes it.
    public subscript(key: String) -> JSONValue? {
        get {
            index(of: key).map { members[$0].value }
        }
        set {
            switch (index(of: key), newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil):
                members.remove(at: index)
                notePlaces()
            case (nil, let value?): append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
    }

    private func index(of key: String) -> Int? {
        let key = JSONKey(key)
        return members.count > Self.few ? places[key] : members.firstIndex { JSONKey($0.key) == key }
    }

    /// Appends a member whose key is not there yet.
    private mutating func append(_ member: Member) {
        members.append(member)
        if places.isEmpty {
            notePlaces()
        } else {
            places[JSONKey(member.key)] = members.count - 1
        }
    }

    private mutating func notePlaces() {
        places.removeAll(keepingCapacity: true)
        guard members.count > Self.few else { return }
        for (index, member) in members.enumerated() { places[JSONKey(member.key)] = index }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// A key that is written twice is a bug.
    public init(dictionaryLiteral members: (String, JSONValue)...) {
        self.init(members)
    }

    init(_ members: [(String, JSONValue)]) {
        for (key, value) in members {
            precondition(self[key] == nil, "the key \(key) is written twice")
            self[key] = value
        }
    }
}

extension JSONObject: JSONReadable {
    public init(from reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            // The reader has refused a key that was there before.
            append(Member(key: key.text, value: try JSONValue(from: &reader)))
        }
    }
}

extension JSONObject: JSONWritable {
    public var jsonValue: JSONValue { .object(self) }

    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for member in members {
            writer.key(member.key)
            member.value.write(to: &writer)
        }
        writer.endObject()
    }
}
