// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import JSONText

/// Somebody, as `--to` has it: `user:alice`, `group:staff,adm`, `unit:nginx.service`, `me`, `anyone`.
struct SelectorArgument: Equatable {
    enum Kind: String, CaseIterable {
        case user, uid, group, gid, label, cgroup, unit, loginuid, namespace, exe, sha256

        /// Whether a comma separates values. In a label and in a path it can be part of one.
        var takesList: Bool {
            switch self {
            case .label, .cgroup, .exe: false
            default: true
            }
        }
    }

    /// `nil`: anyone.
    let kind: Kind?
    let values: [String]

    /// Digits alone, of a number that an id can have: the highest one means none.
    private static func isID(_ text: Substring) -> Bool {
        text.utf8.allSatisfy(\.isDigit) && UInt32(text).map { $0 < .max } ?? false
    }

    init(_ argument: String) throws {
        switch argument {
        case "anyone":
            (kind, values) = (nil, [])
            return
        case "me":
            (kind, values) = (.uid, [String(geteuid())])
            return
        default: break
        }
        let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])) else {
            throw ValidationError(
                "'\(argument)' is nobody; write me, anyone or SELECTOR:VALUE, where SELECTOR is one of "
                    + Kind.allCases.map(\.rawValue).joined(separator: " "))
        }
        let values = kind.takesList ? parts[1].split(separator: ",", omittingEmptySubsequences: false) : [parts[1]]
        guard !values.contains(where: \.isEmpty) else { throw ValidationError("'\(argument)' has an empty value") }
        if kind == .uid || kind == .gid, let wrong = values.first(where: { !Self.isID($0) }) {
            throw ValidationError("'\(wrong)' is not a \(kind.rawValue); a name is written \(kind.nameKind):\(wrong)")
        }
        self.kind = kind
        self.values = values.map(String.init)
    }
}

extension SelectorArgument.Kind {
    /// The selector that takes a name where this one takes an id.
    fileprivate var nameKind: String { self == .gid ? "group" : "user" }
}

extension [SelectorArgument] {
    /// Why they cannot stand beside each other, if they cannot.
    func check() throws {
        if count > 1, contains(where: { $0.kind == nil }) {
            throw ValidationError("'anyone' stands alone: the others would select nobody more")
        }
        for (index, selector) in enumerated() where self[..<index].contains(where: { $0.kind == selector.kind }) {
            let kind = selector.kind?.rawValue ?? "anyone"
            throw ValidationError("--to \(kind): is given twice; for either of two write --to \(kind):ONE,OTHER")
        }
    }
}
