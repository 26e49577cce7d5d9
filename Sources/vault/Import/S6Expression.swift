// SPDX-License-Identifier: Apache-2.0

import FDHolderProtocol
import VaultModel

/// What an extended regular expression of an s6 rule says of identifiers, as patterns of names: never more than it matches, and
/// where it cannot be said, less.
struct S6Expression: Equatable {
    /// Of the last segment of a name.
    private(set) var patterns: [String] = []
    /// Why some of what it matches is not among them.
    private(set) var omissions: [String] = []

    /// Everything.
    static let all = S6Expression(patterns: ["*"])

    private init(patterns: [String]) { self.patterns = patterns }

    /// - Throws: why it is no expression: s6-fdholderd then lets nobody in whom the rule is about.
    init(_ text: [UInt8]) throws(Invalid) {
        guard !text.isEmpty else {
            self = .all
            return
        }
        var parser = Parser(text)
        for alternative in try parser.whole() {
            switch alternative {
            case .tokens(let tokens): add(tokens)
            case .omitted(let why): omit(why)
            }
        }
        if patterns.contains("*") { (patterns, omissions) = (["*"], []) }
    }

    struct Invalid: Error, Equatable { let reason: String }

    private mutating func omit(_ why: String) {
        if !omissions.contains(why) { omissions.append(why) }
    }

    private mutating func add(_ tokens: [Token]) {
        var rest = tokens[...]
        let isAnchored = rest.first == .start
        while rest.first == .start { rest.removeFirst() }
        let isClosed = rest.last == .end
        while rest.last == .end { rest.removeLast() }
        // What stands before the beginning or behind the end is never there.
        guard !rest.contains(where: { $0 == .start || $0 == .end }) else { return }
        let whole = (isAnchored ? [] : [.anything]) + rest + (isClosed ? [] : [.anything])
        guard !whole.isEmpty else { return }
        var pattern = ""
        var literal: [UInt8] = []
        for token in whole + [.end] {
            if case .byte(let byte) = token {
                literal.append(byte)
                continue
            }
            if !literal.isEmpty {
                // Behind a '*' it might be found within the two digits of an escape, of a byte that was not meant.
                if !pattern.isEmpty, let first = literal.first, Self.isDigitOfEscape(first) {
                    return omit(
                        "'\(String(decoding: [first], as: UTF8.self))' behind any number of bytes can be a part of how another byte is "
                            + "written in a name")
                }
                pattern += StoreNames.segment(literal, isStart: pattern.isEmpty)
                literal = []
            }
            if token == .anything, pattern.utf8.last != UInt8(ascii: "*") { pattern += "*" }
        }
        if !patterns.contains(pattern) { patterns.append(pattern) }
    }

    private static func isDigitOfEscape(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte)
    }

    // MARK: Reading

    fileprivate enum Token: Equatable {
        case byte(UInt8)
        /// Any number of bytes.
        case anything
        case start, end
    }

    /// One way to match.
    fileprivate enum Alternative {
        case tokens([Token])
        case omitted(String)

        static func + (left: Alternative, right: Alternative) -> Alternative {
            switch (left, right) {
            case (.tokens(let left), .tokens(let right)): .tokens(left + right)
            case (.omitted, _): left
            case (_, .omitted): right
            }
        }
    }

    /// By recursive descent. What an expression can be multiplied out to is limited.
    private struct Parser {
        private var rest: ArraySlice<UInt8>
        private var depth = 0
        private static let mostAlternatives = 64
        private static let mostDepth = 32

        init(_ text: [UInt8]) { rest = text[...] }

        mutating func whole() throws(Invalid) -> [Alternative] {
            let alternatives = try alternation()
            guard rest.isEmpty else { throw Invalid(reason: "a ')' closes nothing") }
            return alternatives
        }

        private mutating func alternation() throws(Invalid) -> [Alternative] {
            var alternatives = try sequence()
            while rest.first == UInt8(ascii: "|") {
                rest.removeFirst()
                alternatives = Self.limited(alternatives + (try sequence()))
            }
            return alternatives
        }

        private mutating func sequence() throws(Invalid) -> [Alternative] {
            var sofar: [Alternative] = [.tokens([])]
            var isEmpty = true
            while let byte = rest.first, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
                isEmpty = false
                let piece = try piece()
                sofar = Self.limited(sofar.flatMap { left in piece.map { left + $0 } })
            }
            return isEmpty ? [.omitted("an alternative with nothing in it")] : sofar
        }

        private static func limited(_ alternatives: [Alternative]) -> [Alternative] {
            alternatives.count <= mostAlternatives
                ? alternatives : [.omitted("it has more than \(mostAlternatives) alternatives")]
        }

        /// An atom and how often it comes.
        private mutating func piece() throws(Invalid) -> [Alternative] {
            let isDot = rest.first == UInt8(ascii: ".")
            let isAnchor = rest.first == UInt8(ascii: "^") || rest.first == UInt8(ascii: "$")
            let atom = try atom()
            guard let sign = rest.first, "*+?{".utf8.contains(sign) else {
                return isDot ? [.omitted("'.', one byte of any kind")] : atom
            }
            guard !isAnchor else { throw Invalid(reason: "an anchor is repeated") }
            rest.removeFirst()
            if sign == UInt8(ascii: "{") { try interval() }
            var isRepeatedAgain = false
            while let more = rest.first, "*+?{".utf8.contains(more) {
                rest.removeFirst()
                if more == UInt8(ascii: "{") { try interval() }
                isRepeatedAgain = true
            }
            guard !isRepeatedAgain else { return [.omitted("two signs of repetition in a row")] }
            let isOnce = !atom.contains {
                if case .tokens(let tokens) = $0 { tokens.contains(.anything) } else { true }
            }
            switch sign {
            case UInt8(ascii: "*") where isDot: return [.tokens([.anything])]
            case UInt8(ascii: "?") where !isDot && isOnce: return Self.limited([.tokens([])] + atom)
            default:
                return [.omitted("the repetition '\(String(decoding: [sign], as: UTF8.self))' of something")]
            }
        }

        /// Behind its `{`.
        private mutating func interval() throws(Invalid) {
            guard let close = rest.firstIndex(of: UInt8(ascii: "}")) else { throw Invalid(reason: "a '{' is open") }
            let words = rest[..<close].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            let numbers = words.map { $0.allSatisfy(isDigit) ? Int(String(decoding: $0, as: UTF8.self)) : nil }
            rest = rest[(close + 1)...]
            let isOpen = words.count == 2 && words[1].isEmpty
            guard words.count <= 2, let least = numbers[0], (0...255).contains(least),
                isOpen || numbers.count == 1 || (least...255).contains(numbers[1] ?? -1)
            else { throw Invalid(reason: "between '{' and '}' are no numbers") }
        }

        private mutating func atom() throws(Invalid) -> [Alternative] {
            guard let byte = rest.popFirst() else { throw Invalid(reason: "it ends too early") }
            switch byte {
            case UInt8(ascii: "^"): return [.tokens([.start])]
            case UInt8(ascii: "$"): return [.tokens([.end])]
            case UInt8(ascii: "."): return [.tokens([])]
            case UInt8(ascii: "("): return try group()
            case UInt8(ascii: "["): return try bracket()
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { throw Invalid(reason: "a '\\' is its end") }
                guard !isDigit(escaped) else { throw Invalid(reason: "it refers to a part of itself") }
                let isSign = "^.[]$()|*+?{}\\/-".utf8.contains(escaped)
                return isSign
                    ? [.tokens([.byte(escaped)])] : [.omitted("'\\\(String(decoding: [escaped], as: UTF8.self))'")]
            case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"):
                throw Invalid(reason: "a sign of repetition has nothing before it")
            default: return [.tokens([.byte(byte)])]
            }
        }

        private mutating func group() throws(Invalid) -> [Alternative] {
            depth += 1
            guard depth <= Self.mostDepth else { throw Invalid(reason: "it is nested too deeply to be read") }
            let alternatives = try alternation()
            depth -= 1
            guard rest.popFirst() == UInt8(ascii: ")") else { throw Invalid(reason: "a '(' is open") }
            return alternatives
        }

        /// Behind its `[`, such as `:digit:]`.
        private mutating func classOfBytes(_ kind: UInt8) throws(Invalid) {
            rest.removeFirst()
            var name: [UInt8] = []
            while let next = rest.popFirst(), !(next == kind && rest.first == UInt8(ascii: "]")) { name.append(next) }
            guard rest.popFirst() == UInt8(ascii: "]") else { throw Invalid(reason: "a '[' is open") }
            let isKnown = kind == UInt8(ascii: ":") && Self.classes.contains(String(decoding: name, as: UTF8.self))
            guard isKnown || (kind != UInt8(ascii: ":") && name.count == 1) else {
                throw Invalid(reason: "it has a class of characters that there is not")
            }
        }

        private static let classes: Set<String> = [
            "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit",
        ]

        /// Behind its `[`.
        private mutating func bracket() throws(Invalid) -> [Alternative] {
            let isNegated = rest.first == UInt8(ascii: "^")
            if isNegated { rest.removeFirst() }
            var members: [UInt8] = []
            var hasClass = false
            repeat {
                guard let byte = rest.popFirst() else { throw Invalid(reason: "a '[' is open") }
                if byte == UInt8(ascii: "["), let kind = rest.first, ":.=".utf8.contains(kind) {
                    hasClass = true
                    try classOfBytes(kind)
                } else if rest.first == UInt8(ascii: "-"), let last = rest.dropFirst().first, last != UInt8(ascii: "]")
                {
                    rest.removeFirst(2)
                    guard byte <= last else { throw Invalid(reason: "a range ends before it begins") }
                    members += byte...last
                } else {
                    members.append(byte)
                }
            } while rest.first != UInt8(ascii: "]")
            rest.removeFirst()
            guard !isNegated, !hasClass, members.allSatisfy({ $0 < 0x80 }) else {
                return [.omitted("a set of bytes that is not written out")]
            }
            return Self.limited(Set(members).sorted().map { .tokens([.byte($0)]) })
        }
    }
}
