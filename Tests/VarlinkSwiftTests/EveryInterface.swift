// SPDX-License-Identifier: Apache-2.0
// Made by varlink-swift from org.example.every.varlink. Change that file, and make this one again.

import JSONText
import Varlink

/// Everything that an interface file can say.
///
/// The second paragraph of the documentation has a line that is as long as lines of such files are, "quotes" and
/// \(this).
enum EveryInterface {
    /// The name of the interface.
    static let name = "org.example.every"

    /// The text of the interface file, as `GetInterfaceDescription` returns it.
    static let description = #"""
        # SPDX-License-Identifier: Apache-2.0

        # Everything that an interface file can say.
        #
        # The second paragraph of the documentation has a line that is as long as lines of such files are, "quotes" and \(this).
        interface org.example.every

        # A structure.
        type Everything (
          # Whether it is so. This comment is so long that it does not fit into the line any more once it is indented in Swift.
          flag: bool,
          number: int,
          real: float,
          text: string,
          anything: object,
          # May be null, which is not the same as nothing.
          any_value: any,
          maybe: ?int,
          list: []string,
          # An empty structure for a value makes a set.
          set: [string](),
          table: [string]int,
          deep: ?[][string][]?Colour,
          colour: Colour,
          inner: (a: int, kind: ?(one, two)),
          rows: [](x: int)
        )

        # One of some words.
        type Colour (
          # As blood.
          red,
          dark_green
        )

        type Nothing ()

        # Contains itself, and by way of another.
        type Node (
          name: string,
          parent: ?Node,
          children: []Node,
          owner: ?Owner
        )

        type Owner (home: ?Node)

        # Names that Swift or the generated code has for other things.
        type String (type: string, self: int, in: bool, key: ?int, reader: ?int, writer: ?int, init: (String: int))

        # Does it.
        method Do(everything: Everything, colour: ?Colour) -> (done: bool, counts: [string]int)

        # Neither parameters nor a reply.
        method Rest() -> ()

        method Repeat(
          unknown: (unknown, other),
          string: String
        ) -> (string: String, parameters: ?(a: bool))

        # It did not work.
        #
        # - perhaps later
        # - perhaps never
        error Failed (
          # Why, in words that are meant for people
          # and go over two lines.
          why: string,
          nodes: []Node,
          at: ?(line: int, column: ?int),
          parameters: ?int,
          error: ?string,
          aNameThatIsAsLongAsNamesShouldNotBe: ?int
        )

        error NotNow ()

        """#
}

extension EveryInterface {
    /// A structure.
    struct Everything: JSONReadable, JSONWritable, Equatable, Sendable {
        /// Whether it is so. This comment is so long that it does not fit into the line any more once it is indented in
        /// Swift.
        var flag: Bool
        var number: Int
        var real: Double
        var text: Swift.String
        var anything: JSONObject
        /// May be null, which is not the same as nothing.
        var anyValue: JSONValue
        var maybe: Int?
        var list: [Swift.String]
        /// An empty structure for a value makes a set.
        var set: [Swift.String: EmptyMessage]
        var table: [Swift.String: Int]
        var deep: [[Swift.String: [Colour?]]]?
        var colour: Colour
        var inner: Inner
        var rows: [Rows]

        init(
            flag: Bool, number: Int, real: Double, text: Swift.String, anything: JSONObject, anyValue: JSONValue,
            maybe: Int? = nil, list: [Swift.String], set: [Swift.String: EmptyMessage], table: [Swift.String: Int],
            deep: [[Swift.String: [Colour?]]]? = nil, colour: Colour, inner: Inner, rows: [Rows]
        ) {
            self.flag = flag
            self.number = number
            self.real = real
            self.text = text
            self.anything = anything
            self.anyValue = anyValue
            self.maybe = maybe
            self.list = list
            self.set = set
            self.table = table
            self.deep = deep
            self.colour = colour
            self.inner = inner
            self.rows = rows
        }

        init(from reader: inout JSONReader) throws(JSONError) {
            var flag: Bool?
            var number: Int?
            var real: Double?
            var text: Swift.String?
            var anything: JSONObject?
            var anyValue: JSONValue?
            var maybe: Int?
            var list: [Swift.String]?
            var set: [Swift.String: EmptyMessage]?
            var table: [Swift.String: Int]?
            var deep: [[Swift.String: [Colour?]]]?
            var colour: Colour?
            var inner: Inner?
            var rows: [Rows]?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "flag": flag = try reader.read()
                case "number": number = try reader.read()
                case "real": real = try reader.read()
                case "text": text = try reader.read()
                case "anything": anything = try reader.read()
                case "any_value": anyValue = try reader.read(JSONValue.self)
                case "maybe": maybe = try reader.read()
                case "list": list = try reader.read()
                case "set": set = try reader.read()
                case "table": table = try reader.read()
                case "deep": deep = try reader.read()
                case "colour": colour = try reader.read()
                case "inner": inner = try reader.read()
                case "rows": rows = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.flag = try reader.require(flag, "flag")
            self.number = try reader.require(number, "number")
            self.real = try reader.require(real, "real")
            self.text = try reader.require(text, "text")
            self.anything = try reader.require(anything, "anything")
            self.anyValue = try reader.require(anyValue, "any_value")
            self.maybe = maybe
            self.list = try reader.require(list, "list")
            self.set = try reader.require(set, "set")
            self.table = try reader.require(table, "table")
            self.deep = deep
            self.colour = try reader.require(colour, "colour")
            self.inner = try reader.require(inner, "inner")
            self.rows = try reader.require(rows, "rows")
        }

        func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("flag", flag)
            writer.member("number", number)
            writer.member("real", real)
            writer.member("text", text)
            writer.member("anything", anything)
            writer.member("any_value", anyValue)
            writer.member("maybe", maybe)
            writer.member("list", list)
            writer.member("set", set)
            writer.member("table", table)
            writer.member("deep", deep)
            writer.member("colour", colour)
            writer.member("inner", inner)
            writer.member("rows", rows)
            writer.endObject()
        }

        /// Of the field `inner`.
        struct Inner: JSONReadable, JSONWritable, Equatable, Sendable {
            var a: Int
            var kind: Kind?

            init(a: Int, kind: Kind? = nil) {
                self.a = a
                self.kind = kind
            }

            init(from reader: inout JSONReader) throws(JSONError) {
                var a: Int?
                var kind: Kind?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "a": a = try reader.read()
                    case "kind": kind = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.a = try reader.require(a, "a")
                self.kind = kind
            }

            func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("a", a)
                writer.member("kind", kind)
                writer.endObject()
            }

            /// Of the field `kind`.
            enum Kind: JSONReadable, JSONWritable, Equatable, Sendable {
                case one
                case two
                /// A word that is not declared. A client takes it from a newer service; a service refuses it.
                case unknown(Swift.String)

                init(_ word: Swift.String) {
                    switch JSONKey(word) {
                    case "one": self = .one
                    case "two": self = .two
                    default: self = .unknown(word)
                    }
                }

                /// The word as it crosses the wire.
                var word: Swift.String {
                    switch self {
                    case .one: "one"
                    case .two: "two"
                    case .unknown(let word): word
                    }
                }

                init(from reader: inout JSONReader) throws(JSONError) {
                    self.init(try reader.readString())
                    if case .unknown(let word) = self { try reader.passOrRefuse(word: word) }
                }

                func write(to writer: inout JSONWriter) {
                    writer.string(word)
                }
            }
        }

        /// Of the field `rows`.
        struct Rows: JSONReadable, JSONWritable, Equatable, Sendable {
            var x: Int

            init(x: Int) {
                self.x = x
            }

            init(from reader: inout JSONReader) throws(JSONError) {
                var x: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "x": x = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.x = try reader.require(x, "x")
            }

            func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("x", x)
                writer.endObject()
            }
        }
    }
}

extension EveryInterface {
    /// One of some words.
    enum Colour: JSONReadable, JSONWritable, Equatable, Sendable {
        /// As blood.
        case red
        case darkGreen
        /// A word that is not declared. A client takes it from a newer service; a service refuses it.
        case unknown(Swift.String)

        init(_ word: Swift.String) {
            switch JSONKey(word) {
            case "red": self = .red
            case "dark_green": self = .darkGreen
            default: self = .unknown(word)
            }
        }

        /// The word as it crosses the wire.
        var word: Swift.String {
            switch self {
            case .red: "red"
            case .darkGreen: "dark_green"
            case .unknown(let word): word
            }
        }

        init(from reader: inout JSONReader) throws(JSONError) {
            self.init(try reader.readString())
            if case .unknown(let word) = self { try reader.passOrRefuse(word: word) }
        }

        func write(to writer: inout JSONWriter) {
            writer.string(word)
        }
    }
}

extension EveryInterface {
    struct Nothing: JSONReadable, JSONWritable, Equatable, Sendable {
        init() {}

        init(from reader: inout JSONReader) throws(JSONError) {
            try reader.beginObject()
            while let key = try reader.nextKey() { try reader.skipOrRefuse(key) }
        }

        func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.endObject()
        }
    }
}

extension EveryInterface {
    /// Contains itself, and by way of another.
    struct Node: JSONReadable, JSONWritable, Equatable, Sendable {
        var name: Swift.String
        @Indirect var parent: Node?
        var children: [Node]
        @Indirect var owner: Owner?

        init(name: Swift.String, parent: Node? = nil, children: [Node], owner: Owner? = nil) {
            self.name = name
            self.parent = parent
            self.children = children
            self.owner = owner
        }

        init(from reader: inout JSONReader) throws(JSONError) {
            var name: Swift.String?
            var parent: Node?
            var children: [Node]?
            var owner: Owner?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "name": name = try reader.read()
                case "parent": parent = try reader.read()
                case "children": children = try reader.read()
                case "owner": owner = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.name = try reader.require(name, "name")
            self.parent = parent
            self.children = try reader.require(children, "children")
            self.owner = owner
        }

        func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("name", name)
            writer.member("parent", parent)
            writer.member("children", children)
            writer.member("owner", owner)
            writer.endObject()
        }
    }
}

extension EveryInterface {
    struct Owner: JSONReadable, JSONWritable, Equatable, Sendable {
        @Indirect var home: Node?

        init(home: Node? = nil) {
            self.home = home
        }

        init(from reader: inout JSONReader) throws(JSONError) {
            var home: Node?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "home": home = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.home = home
        }

        func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("home", home)
            writer.endObject()
        }
    }
}

extension EveryInterface {
    /// Names that Swift or the generated code has for other things.
    struct String: JSONReadable, JSONWritable, Equatable, Sendable {
        var type: Swift.String
        var selfValue: Int
        var `in`: Bool
        var key: Int?
        var reader: Int?
        var writer: Int?
        var `init`: Init

        init(
            type: Swift.String, selfValue: Int, `in`: Bool, key: Int? = nil, reader: Int? = nil, writer: Int? = nil,
            `init`: Init
        ) {
            self.type = type
            self.selfValue = selfValue
            self.`in` = `in`
            self.key = key
            self.reader = reader
            self.writer = writer
            self.`init` = `init`
        }

        init(from reader2: inout JSONReader) throws(JSONError) {
            var type: Swift.String?
            var selfValue: Int?
            var `in`: Bool?
            var key: Int?
            var reader: Int?
            var writer: Int?
            var `init`: Init?
            try reader2.beginObject()
            while let key2 = try reader2.nextKey() {
                switch key2 {
                case "type": type = try reader2.read()
                case "self": selfValue = try reader2.read()
                case "in": `in` = try reader2.read()
                case "key": key = try reader2.read()
                case "reader": reader = try reader2.read()
                case "writer": writer = try reader2.read()
                case "init": `init` = try reader2.read()
                default: try reader2.skipOrRefuse(key2)
                }
            }
            self.type = try reader2.require(type, "type")
            self.selfValue = try reader2.require(selfValue, "self")
            self.`in` = try reader2.require(`in`, "in")
            self.key = key
            self.reader = reader
            self.writer = writer
            self.`init` = try reader2.require(`init`, "init")
        }

        func write(to writer2: inout JSONWriter) {
            writer2.beginObject()
            writer2.member("type", type)
            writer2.member("self", selfValue)
            writer2.member("in", `in`)
            writer2.member("key", key)
            writer2.member("reader", reader)
            writer2.member("writer", writer)
            writer2.member("init", `init`)
            writer2.endObject()
        }

        /// Of the field `init`.
        struct Init: JSONReadable, JSONWritable, Equatable, Sendable {
            var string: Int

            init(string: Int) {
                self.string = string
            }

            init(from reader: inout JSONReader) throws(JSONError) {
                var string: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "String": string = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.string = try reader.require(string, "String")
            }

            func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("String", string)
                writer.endObject()
            }
        }
    }
}

extension EveryInterface {
    /// Does it.
    enum Do: InterfaceMethod {
        static let method = "org.example.every.Do"

        /// The parameters of `Do`.
        struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            var everything: Everything
            var colour: Colour?

            init(everything: Everything, colour: Colour? = nil) {
                self.everything = everything
                self.colour = colour
            }

            init(from reader: inout JSONReader) throws(JSONError) {
                var everything: Everything?
                var colour: Colour?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "everything": everything = try reader.read()
                    case "colour": colour = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.everything = try reader.require(everything, "everything")
                self.colour = colour
            }

            func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("everything", everything)
                writer.member("colour", colour)
                writer.endObject()
            }
        }

        /// The reply of `Do`.
        struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            var done: Bool
            var counts: [Swift.String: Int]

            init(done: Bool, counts: [Swift.String: Int]) {
                self.done = done
                self.counts = counts
            }

            init(from reader: inout JSONReader) throws(JSONError) {
                var done: Bool?
                var counts: [Swift.String: Int]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "done": done = try reader.read()
                    case "counts": counts = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.done = try reader.require(done, "done")
                self.counts = try reader.require(counts, "counts")
            }

            func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("done", done)
                writer.member("counts", counts)
                writer.endObject()
            }
        }
    }
}

extension EveryInterface {
    /// Neither parameters nor a reply.
    enum Rest: InterfaceMethod {
        static let method = "org.example.every.Rest"

        /// The parameters of `Rest`.
        typealias Parameters = EmptyMessage

        /// The reply of `Rest`.
        typealias Reply = EmptyMessage
    }
}

extension EveryInterface {
    enum Repeat: InterfaceMethod {
        static let method = "org.example.every.Repeat"

        /// The parameters of `Repeat`.
        struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            var unknown: Unknown
            var string: String

            init(unknown: Unknown, string: String) {
                self.unknown = unknown
                self.string = string
            }

            init(from reader: inout JSONReader) throws(JSONError) {
                var unknown: Unknown?
                var string: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "unknown": unknown = try reader.read()
                    case "string": string = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.unknown = try reader.require(unknown, "unknown")
                self.string = try reader.require(string, "string")
            }

            func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("unknown", unknown)
                writer.member("string", string)
                writer.endObject()
            }

            /// Of the field `unknown`.
            enum Unknown: JSONReadable, JSONWritable, Equatable, Sendable {
                case unknown
                case other
                /// A word that is not declared. A client takes it from a newer service; a service refuses it.
                case unknown2(Swift.String)

                init(_ word: Swift.String) {
                    switch JSONKey(word) {
                    case "unknown": self = .unknown
                    case "other": self = .other
                    default: self = .unknown2(word)
                    }
                }

                /// The word as it crosses the wire.
                var word: Swift.String {
                    switch self {
                    case .unknown: "unknown"
                    case .other: "other"
                    case .unknown2(let word): word
                    }
                }

                init(from reader: inout JSONReader) throws(JSONError) {
                    self.init(try reader.readString())
                    if case .unknown2(let word) = self { try reader.passOrRefuse(word: word) }
                }

                func write(to writer: inout JSONWriter) {
                    writer.string(word)
                }
            }
        }

        /// The reply of `Repeat`.
        struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            var string: String
            var parameters: Parameters?

            init(string: String, parameters: Parameters? = nil) {
                self.string = string
                self.parameters = parameters
            }

            init(from reader: inout JSONReader) throws(JSONError) {
                var string: String?
                var parameters: Parameters?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "string": string = try reader.read()
                    case "parameters": parameters = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.string = try reader.require(string, "string")
                self.parameters = parameters
            }

            func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("string", string)
                writer.member("parameters", parameters)
                writer.endObject()
            }

            /// Of the field `parameters`.
            struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
                var a: Bool

                init(a: Bool) {
                    self.a = a
                }

                init(from reader: inout JSONReader) throws(JSONError) {
                    var a: Bool?
                    try reader.beginObject()
                    while let key = try reader.nextKey() {
                        switch key {
                        case "a": a = try reader.read()
                        default: try reader.skipOrRefuse(key)
                        }
                    }
                    self.a = try reader.require(a, "a")
                }

                func write(to writer: inout JSONWriter) {
                    writer.beginObject()
                    writer.member("a", a)
                    writer.endObject()
                }
            }
        }
    }
}

/// The errors of `org.example.every`.
enum EveryError: Error, Equatable, Sendable {
    /// It did not work.
    ///
    /// - perhaps later
    /// - perhaps never
    ///
    /// - Parameters:
    ///   - why: Why, in words that are meant for people and go over two lines.
    case failed(
        why: String, nodes: [EveryInterface.Node], at: FailedAt? = nil, parameters: Int? = nil, error: String? = nil,
        aNameThatIsAsLongAsNamesShouldNotBe: Int? = nil)
    case notNow

    /// The error as it crosses the wire.
    var varlinkError: VarlinkError {
        switch self {
        case .failed(let why, let nodes, let at, let parameters, let error, let aNameThatIsAsLongAsNamesShouldNotBe):
            var parameters2 = JSONObject()
            parameters2["why"] = why.jsonValue
            parameters2["nodes"] = nodes.jsonValue
            parameters2["at"] = at?.jsonValue
            parameters2["parameters"] = parameters?.jsonValue
            parameters2["error"] = error?.jsonValue
            parameters2["aNameThatIsAsLongAsNamesShouldNotBe"] = aNameThatIsAsLongAsNamesShouldNotBe?.jsonValue
            return VarlinkError(name: "org.example.every.Failed", parameters: parameters2)
        case .notNow: return VarlinkError(name: "org.example.every.NotNow")
        }
    }

    /// Reads an error that crossed the wire; `nil` if it is none of these, or lacks what it has to have.
    init?(_ error2: VarlinkError) {
        switch error2.name {
        case "org.example.every.Failed":
            guard let why: String = error2.parameter("why") else { return nil }
            guard let nodes: [EveryInterface.Node] = error2.parameter("nodes") else { return nil }
            self = .failed(
                why: why, nodes: nodes, at: error2.parameter("at"), parameters: error2.parameter("parameters"),
                error: error2.parameter("error"),
                aNameThatIsAsLongAsNamesShouldNotBe: error2.parameter("aNameThatIsAsLongAsNamesShouldNotBe"))
        case "org.example.every.NotNow":
            self = .notNow
        default: return nil
        }
    }

    /// Of `at` in `Failed`.
    struct FailedAt: JSONReadable, JSONWritable, Equatable, Sendable {
        var line: Int
        var column: Int?

        init(line: Int, column: Int? = nil) {
            self.line = line
            self.column = column
        }

        init(from reader: inout JSONReader) throws(JSONError) {
            var line: Int?
            var column: Int?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "line": line = try reader.read()
                case "column": column = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.line = try reader.require(line, "line")
            self.column = column
        }

        func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("line", line)
            writer.member("column", column)
            writer.endObject()
        }
    }
}

/// What serves `org.example.every`: a requirement for each of its methods, so that the compiler says which one is not
/// served. ``EveryInterface/dispatch(_:to:in:)`` reads calls and calls it.
protocol EveryService {
    /// What is known of a call beside its parameters: who calls, where the answer goes.
    associatedtype Context

    /// Does it.
    func `do`(_ parameters: EveryInterface.Do.Parameters, in context: Context) throws(VarlinkError)

    /// Neither parameters nor a reply.
    func rest(_ parameters: EveryInterface.Rest.Parameters, in context: Context) throws(VarlinkError)

    func `repeat`(_ parameters: EveryInterface.Repeat.Parameters, in context: Context) throws(VarlinkError)
}

extension EveryInterface {
    /// Reads the parameters of a call, and has the service serve its method.
    ///
    /// - Returns: whether the interface has this method. If not, nothing was done.
    /// - Throws: `InvalidParameter` for parameters that are not as they are declared, and what the service throws.
    static func dispatch<Service: EveryService>(
        _ call: borrowing VarlinkCall, to service: Service, in context: Service.Context
    ) throws(VarlinkError) -> Bool {
        switch call.method {
        case Do.method:
            try service.`do`(try call.parameters(), in: context)
        case Rest.method:
            try service.rest(try call.parameters(), in: context)
        case Repeat.method:
            try service.`repeat`(try call.parameters(), in: context)
        default: return false
        }
        return true
    }
}
