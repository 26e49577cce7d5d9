// SPDX-License-Identifier: Apache-2.0

import VaultModel
import Yams

/// Reads YAML text to nodes with places. The only file that knows the YAML library.
///
/// The library stops at the first key that is written twice and at the first unquoted `*`. To find what else is wrong
/// in the same run, the offending character is replaced by a stand-in of the same width, and the text is read again;
/// what carries a stand-in is reported when the nodes are walked.
package struct YAMLDocument {
    /// Stand-ins from the private-use area: for the first letter of a key that is written again, and for a `*`.
    private static let repeated: Unicode.Scalar = "\u{F8E0}"
    private static let star: Unicode.Scalar = "\u{F8E1}"

    private static let byteOrderMark: Unicode.Scalar = "\u{FEFF}"

    /// As many mistakes of these kinds are passed over in a text, at most.
    private static let maximumRepairs = 100

    /// Deeper values are refused: nothing in a policy lies this deep, and reading recurses.
    private static let maximumDepth = 32
    private static let maximumIndentation = 256

    private let path: String
    private let allowsEmpty: Bool
    private let problems: ProblemList
    private var scalars: [Unicode.Scalar]
    /// The letters that stand-ins replaced.
    private var replaced: [Place: Unicode.Scalar] = [:]

    /// nil when the text is not YAML; the list then says why. So it does for an empty one, unless that is allowed.
    package static func read(
        _ text: String, path: String, allowsEmpty: Bool = false, problems: ProblemList
    ) -> DocumentNode? {
        read(text, path: path, allowsEmpty: allowsEmpty, problems: problems) { $0 }
    }

    /// The same for who makes something of it, while everything is still in memory that it was read from: what `body` makes
    /// then lies behind all that, and not between it (``VaultModel/KeptTexts``).
    static func read<Value>(
        _ text: String, path: String, allowsEmpty: Bool = false, problems: ProblemList,
        _ body: (DocumentNode) -> Value
    ) -> Value? {
        var document = YAMLDocument(
            path: path, allowsEmpty: allowsEmpty, problems: problems,
            // YAML allows a byte order mark at the beginning, and it means nothing in UTF-8.
            scalars: Array(text.unicodeScalars.drop { $0 == Self.byteOrderMark }))
        return document.read(body)
    }

    private init(path: String, allowsEmpty: Bool, problems: ProblemList, scalars: [Unicode.Scalar]) {
        self.path = path
        self.allowsEmpty = allowsEmpty
        self.problems = problems
        self.scalars = scalars
    }

    private mutating func read<Value>(_ body: (DocumentNode) -> Value) -> Value? {
        guard !isNestedTooDeep() else { return nil }
        if let stray = scalars.firstIndex(where: { $0 == Self.repeated || $0 == Self.star }) {
            problems.add(
                "the text holds a private-use character", remedy: "remove the character", at: place(of: stray))
            return nil
        }
        var repairs = 0
        while true {
            do {
                let text = String(String.UnicodeScalarView(scalars))
                // Anchors live as long as the parser.
                let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
                guard let root = try parser.singleRoot() else {
                    if allowsEmpty { return nil }
                    problems.add("the document is empty", remedy: "write it, or remove the file", at: place(nil))
                    return nil
                }
                return withExtendedLifetime((parser, root)) { convert(root).map(body) }
            } catch {
                guard repairs < Self.maximumRepairs, repair(error) else {
                    report(error)
                    return nil
                }
                repairs += 1
            }
        }
    }

    // MARK: Walking

    private func convert(_ node: Node) -> DocumentNode? {
        let place = place(node.mark)
        if let anchor = node.anchor {
            problems.add(
                "the anchor '&\(anchor.rawValue)' is not allowed", remedy: "write the value out where it is needed",
                at: place)
            return nil
        }
        switch node {
        case .scalar(let scalar):
            return DocumentNode(content: .scalar(text(of: scalar.string, at: place)), place: place)
        case .sequence(let sequence):
            return DocumentNode(content: .list(sequence.compactMap(convert)), place: place)
        case .mapping(let mapping):
            return DocumentNode(content: .mapping(members(of: mapping)), place: place)
        case .alias:
            problems.add("an alias is not allowed", remedy: "write the value out where it is needed", at: place)
            return nil
        }
    }

    private func members(of mapping: Node.Mapping) -> [DocumentNode.Member] {
        var members: [DocumentNode.Member] = []
        var repeatedKeys: [String: Place] = [:]
        for (key, value) in mapping {
            let place = place(key.mark)
            guard let scalar = key.scalar, key.anchor == nil else {
                problems.add("a key is not a plain word", remedy: "write a key, a colon and its value", at: place)
                continue
            }
            if let original = original(of: scalar.string, at: key.mark) {
                repeatedKeys[original] = repeatedKeys[original] ?? place
                continue
            }
            let text = text(of: scalar.string, at: place)
            guard let value = convert(value) else { continue }
            members.append(DocumentNode.Member(key: text, keyPlace: place, value: value))
        }
        for member in members {
            guard let first = repeatedKeys[member.key] else { continue }
            problems.add(
                "the key '\(member.key)' is written twice",
                remedy: "keep one of them; the first is in line \(first.line)", at: member.keyPlace)
        }
        return members
    }

    /// The text of a scalar; complains when a `*` was not quoted.
    private func text(of string: String, at place: Place) -> String {
        guard string.unicodeScalars.contains(Self.star) else { return string }
        problems.add(
            "'*' begins an alias here, which is not allowed", remedy: "quote a pattern that begins with '*'", at: place)
        var restored = String.UnicodeScalarView()
        for scalar in string.unicodeScalars { restored.append(scalar == Self.star ? "*" : scalar) }
        return String(restored)
    }

    /// The key as it was written, if it is one that comes again.
    private func original(of key: String, at mark: Mark?) -> String? {
        guard let mark, let first = key.unicodeScalars.first, first == Self.repeated else { return nil }
        for column in [mark.column, mark.column + 1] {
            guard let letter = replaced[Place(path: path, line: mark.line, column: column)] else { continue }
            var restored = String.UnicodeScalarView()
            restored.append(letter)
            restored.append(contentsOf: key.unicodeScalars.dropFirst())
            return String(restored)
        }
        return nil
    }

    // MARK: Repairing

    /// Puts a stand-in where the library stopped, if that is something to pass over.
    private mutating func repair(_ error: any Error) -> Bool {
        switch error {
        case YamlError.duplicatedKeysInMapping(_, let context):
            guard var index = index(ofLine: context.mark.line, column: context.mark.column) else { return false }
            if scalars[index] == "\"" || scalars[index] == "'" { index += 1 }
            guard index < scalars.count, scalars[index] != Self.repeated, !scalars[index].properties.isWhitespace
            else { return false }
            replaced[place(of: index)] = scalars[index]
            scalars[index] = Self.repeated
            return true
        case YamlError.scanner(let context?, _, _, _) where context.text == "while scanning an alias":
            return repairStar(at: context.mark)
        case YamlError.composer(_, "found undefined alias", let mark, _):
            return repairStar(at: mark)
        default:
            return false
        }
    }

    private mutating func repairStar(at mark: Mark) -> Bool {
        guard let index = index(ofLine: mark.line, column: mark.column), scalars[index] == "*" else { return false }
        scalars[index] = Self.star
        return true
    }

    // MARK: Places

    private func place(_ mark: Mark?) -> Place {
        Place(path: path, line: mark?.line ?? 1, column: mark?.column ?? 1)
    }

    private func index(ofLine wanted: Int, column: Int) -> Int? {
        var line = 1
        var index = 0
        while line < wanted, index < scalars.count {
            if endsLine(index) { line += 1 }
            index += 1
        }
        index += column - 1
        return index < scalars.count ? index : nil
    }

    private func place(of target: Int) -> Place {
        var line = 1
        var start = 0
        for index in 0..<target where endsLine(index) {
            line += 1
            start = index + 1
        }
        return Place(path: path, line: line, column: target - start + 1)
    }

    /// Lines end where YAML 1.1 says that they do.
    private func endsLine(_ index: Int) -> Bool {
        switch scalars[index] {
        case "\n", "\u{85}", "\u{2028}", "\u{2029}": true
        case "\r": index + 1 == scalars.count || scalars[index + 1] != "\n"
        default: false
        }
    }
}

extension YAMLDocument {
    /// Counts open brackets, list marks in a row, and spaces before the first letter of a line, without regard to
    /// quotes and comments: enough to keep the recursion short.
    private func isNestedTooDeep() -> Bool {
        var brackets = 0
        var marks = 0
        var indentation = 0
        for (index, scalar) in scalars.enumerated() {
            let isMark = (scalar == "-" || scalar == "?") && index + 1 < scalars.count && scalars[index + 1] == " "
            switch scalar {
            case "[", "{": brackets += 1
            case "]", "}": brackets = max(0, brackets - 1)
            default: break
            }
            if isMark { marks += 1 } else if scalar != " " { marks = 0 }
            if scalar == "\n" { indentation = 0 } else if scalar == " ", indentation >= 0 { indentation += 1 }
            if scalar != " ", scalar != "\n" { indentation = -1 }
            guard brackets <= Self.maximumDepth, marks <= Self.maximumDepth, indentation <= Self.maximumIndentation
            else {
                problems.add(
                    "the document is nested too deep", remedy: "write it as documented; nothing lies this deep",
                    at: place(of: index))
                return true
            }
        }
        return false
    }

    private func report(_ error: any Error) {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            if let tab = first("\t", inLine: mark.line, while: { scalars[$0] == " " || scalars[$0] == "\t" }) {
                return problems.add(
                    "a tab stands in the indentation, where YAML allows only spaces", remedy: "indent with spaces",
                    at: tab)
            }
            if let mark = first(Self.byteOrderMark, inLine: mark.line, while: { !endsLine($0) }) {
                return problems.add(
                    "a byte order mark (U+FEFF) stands within the text",
                    remedy: "remove it; where files were joined, write them separately", at: mark)
            }
            let text = context.map { "\($0.text) (line \($0.mark.line)): \(problem)" } ?? problem
            problems.add("the text is not YAML: \(text)", remedy: remedy(for: problem), at: place(mark))
        case YamlError.reader(let problem, let offset, _, let yaml):
            let before = yaml.unicodeScalars.prefix(offset ?? 0)
            let line = before.count { $0 == "\n" } + 1
            let column = yaml.unicodeScalars.prefix(offset ?? 0).reversed().prefix { $0 != "\n" }.count + 1
            problems.add(
                "the text is not YAML: \(problem)", remedy: "remove the character",
                at: Place(path: path, line: line, column: column))
        case YamlError.duplicatedKeysInMapping(_, let context):
            problems.add(
                "a key is written twice", remedy: "keep one of them; there are many more", at: place(context.mark))
        default:
            problems.add("the text is not YAML: \(error)", remedy: "write valid YAML", at: place(nil))
        }
    }

    /// The first such character of a line, as long as what is looked for may stand there.
    private func first(
        _ wanted: Unicode.Scalar, inLine line: Int, while mayStand: (_ index: Int) -> Bool
    ) -> Place? {
        guard let start = index(ofLine: line, column: 1) else { return nil }
        let found = scalars.indices[start...].prefix(while: mayStand).first { scalars[$0] == wanted }
        return found.map { Place(path: path, line: line, column: $0 - start + 1) }
    }

    private func remedy(for problem: String) -> String {
        if problem.contains("tab") { return "indent with spaces" }
        if problem.contains("another document") { return "write one document in a file, without a second '---'" }
        if problem.contains("cannot start any token") { return "quote the text" }
        return "check the indentation, the colons and the quotes here and in the line above"
    }
}

/// A value of a document, with its place. Every scalar is text: its key decides what it means.
package struct DocumentNode {
    package struct Member {
        let key: String
        let keyPlace: Place
        let value: DocumentNode
    }

    package enum Content {
        case scalar(String)
        case list([DocumentNode])
        case mapping([Member])
    }

    let content: Content
    let place: Place

    /// What the value is, for a message.
    var form: String {
        switch content {
        case .scalar(let text): text.isEmpty ? "nothing" : "the text '\(text)'"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}
