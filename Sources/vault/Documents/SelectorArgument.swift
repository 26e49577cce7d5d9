// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import JSONText
import VaultModel

/// Somebody, as `--to` has it: `user:alice`, `group:staff,adm`, `unit:nginx.service`, `me`, `anyone`.
struct SelectorArgument: Equatable {
    /// `nil`: anyone.
    let kind: SelectorKind?
    let values: [String]

    /// Digits alone, of a number that an id can have: the highest one means none.
    private static func isID(_ text: Substring) -> Bool {
        text.utf8.allSatisfy(isDigit) && UInt32(text).map { $0 < .max } ?? false
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
        let parts = argument.split(at: ":", maxSplits: 1, omittingEmpty: false)
        guard parts.count == 2, let kind = SelectorKind(rawValue: String(parts[0])) else {
            throw ValidationError(
                "'\(argument)' is nobody; write me, anyone or SELECTOR:VALUE, where SELECTOR is one of "
                    + SelectorKind.allCases.map(\.rawValue).joined(separator: " "))
        }
        let values = kind.takesList ? parts[1].split(at: ",", omittingEmpty: false) : [parts[1]]
        guard !values.contains(where: \.isEmpty) else { throw ValidationError("'\(argument)' has an empty value") }
        if kind == .uid || kind == .gid, let wrong = values.first(where: { !Self.isID($0) }) {
            throw ValidationError("'\(wrong)' is not a \(kind.rawValue); a name is written \(kind.nameKind):\(wrong)")
        }
        self.kind = kind
        self.values = values.map(String.init)
    }
}

extension SelectorKind {
    /// Whether a comma separates values. In a label and in a path it can be part of one.
    fileprivate var takesList: Bool {
        switch self {
        case .label, .cgroup, .exe: false
        default: true
        }
    }

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

extension SelectorSet {
    /// Whom the arguments say. The ids of those who are named are not known here.
    init(_ arguments: [SelectorArgument]) throws(InvalidText) {
        self.init(anyone: arguments.contains { $0.kind == nil })
        for argument in arguments {
            let values = argument.values
            let named = values.map { NamedID(name: $0, id: 0) }
            switch argument.kind {
            case nil: break
            case .user: users = named
            case .uid: uids = values.compactMap { UInt32($0) }
            case .group: groups = named
            case .gid: gids = values.compactMap { UInt32($0) }
            case .label: labels = try values.map(TextPattern.init)
            case .cgroup: cgroups = try values.map(TextPattern.init)
            case .unit: units = try values.map(TextPattern.init)
            case .loginuid: loginuids = named
            case .namespace: namespaces = values
            case .exe: exes = try values.map(TextPattern.init)
            case .sha256: sha256s = values
            case .container: containers = try values.map(TextPattern.init)
            case .pod: pods = try values.map(TextPattern.init)
            }
        }
    }
}

extension Rights: ExpressibleByArgument {
    public static var allValueStrings: [String] { all.words }

    /// `read`, or `read,write`.
    public init?(argument: String) {
        let words = argument.split(at: ",", omittingEmpty: false).map(String.init)
        guard let rights = try? Rights.parse(words) else { return nil }
        self = rights
    }
}

extension Action: ExpressibleByArgument {
    public static var allValueStrings: [String] { allCases.map(\.rawValue) }

    public init?(argument: String) {
        guard let action = Action(rawValue: argument) else { return nil }
        self = action
    }
}

extension CapabilityKind: ExpressibleByArgument {
    /// What can be added: a deposit is passed in.
    public static var allValueStrings: [String] { allCases.filter { $0 != .deposit }.map(\.rawValue) }
}
