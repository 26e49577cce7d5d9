// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Reads `to`: whom a rule is about.
struct SelectorReader {
    let context: ReadingContext

    private var problems: ProblemList { context.problems }

    /// nil when something is wrong with it, which has been reported.
    func read(_ node: DocumentNode, effect: Effect) -> SelectorSet? {
        if case .scalar(let text) = node.content {
            if text == "anyone" { return .anyone }
            problems.add(
                "'to' is \(node.form)", remedy: "write a selector, such as user: NAME, or 'to: anyone' for everybody",
                at: node.place)
            return nil
        }
        let before = problems.problems.count
        let keys = SelectorKind.allCases.map(\.rawValue)
        guard let mapping = MappingReader(node, "'to'", keys: keys, hints: Self.hints, problems: problems) else {
            return nil
        }
        var selectors = SelectorSet()
        for kind in SelectorKind.allCases where mapping.has(kind.rawValue) { read(kind, mapping, &selectors) }
        guard problems.problems.count == before else { return nil }
        guard !selectors.kinds.isEmpty else {
            problems.add(
                "'to' selects nobody", remedy: "write a selector, or 'to: anyone' for everybody", at: node.place)
            return nil
        }
        if effect == .permit { checkStrength(selectors, mapping) }
        return problems.problems.count == before ? selectors : nil
    }

    private static let hints = [
        "pid": "a process id is no identity; select by user, group or unit",
        "comm": "a process chooses its own name; select by user, group or unit",
        "cmdline": "a process chooses its own arguments; select by user, group or unit",
        "anyone": "write 'to: anyone', without a mapping",
        "service": "write unit: NAME.service", "docker": "write container: ID", "podman": "write container: ID",
        "session": "sessions cannot be selected by; select by loginuid",
    ]

    private func read(_ kind: SelectorKind, _ mapping: MappingReader, _ selectors: inout SelectorSet) {
        let key = kind.rawValue
        switch kind {
        case .user: selectors.users = mapping.values(key, context.names.user) ?? []
        case .uid: selectors.uids = mapping.values(key, ScalarText.id) ?? []
        case .group: selectors.groups = mapping.values(key, context.names.group) ?? []
        case .gid: selectors.gids = mapping.values(key, ScalarText.id) ?? []
        case .label: selectors.labels = mapping.values(key, TextPattern.init) ?? []
        case .cgroup: selectors.cgroups = mapping.values(key, Self.path) ?? []
        case .unit: selectors.units = mapping.values(key, Self.unit) ?? []
        case .loginuid: selectors.loginuids = mapping.values(key, context.names.userOrID) ?? []
        case .namespace: selectors.namespaces = mapping.values(key, Self.namespace) ?? []
        case .exe: selectors.exes = mapping.values(key, Self.path) ?? []
        case .sha256: selectors.sha256s = mapping.values(key, Self.sha256) ?? []
        case .container: selectors.containers = mapping.values(key, Self.container) ?? []
        case .pod: selectors.pods = mapping.values(key, Self.pod) ?? []
        }
    }

    /// A permit needs to know for certain who is calling: by an id or a label, or by a unit that the system manager
    /// made, since a service with a dynamic user has nothing else.
    private func checkStrength(_ selectors: SelectorSet, _ mapping: MappingReader) {
        guard !selectors.isAuthoritative else { return }
        guard !selectors.units.isEmpty else {
            let kinds = selectors.kinds.kinds.map(\.rawValue).joined(separator: ", ")
            problems.add(
                "a permit by \(kinds) alone does not say for certain who is calling",
                remedy: "add a user, uid, group, gid or label, or a unit of the system manager", at: mapping.place)
            return
        }
        for unit in selectors.units
        where unit.text.hasPrefix("user@") || (unit.text.hasPrefix("session-") && unit.text.hasSuffix(".scope")) {
            problems.add(
                "'\(unit)' lies below user.slice, where users name their own units",
                remedy: "add a user, uid, group, gid or label", at: mapping.valuePlace("unit"))
        }
    }

    private static func path(_ text: String) throws(InvalidText) -> TextPattern {
        guard text.hasPrefix("/") || text.hasPrefix("**/") else {
            throw InvalidText(
                "'\(text)' is not an absolute path", remedy: "write the path from '/' on, or begin with **/")
        }
        return try TextPattern(text)
    }

    private static func unit(_ text: String) throws(InvalidText) -> TextPattern {
        guard !text.utf8.contains(UInt8(ascii: "/")) else {
            throw InvalidText("'\(text)' is not the name of a unit", remedy: "write a name such as nginx.service")
        }
        guard text.contains(".") || text.hasSuffix("*") else {
            throw InvalidText("the unit '\(text)' has no suffix", remedy: "write '\(text).service', if that is meant")
        }
        guard !text.hasSuffix(".slice") else {
            throw InvalidText(
                "'\(text)' is a slice, which no process has for its unit", remedy: "select by cgroup: /\(text)/**")
        }
        return try TextPattern(text)
    }

    private static func container(_ text: String) throws(InvalidText) -> TextPattern {
        guard isIDPattern(text), text.utf8.count == 64 || text.utf8.contains(UInt8(ascii: "*")) else {
            throw InvalidText(
                "'\(text)' is not the id of a container",
                remedy: "write its 64 digits (podman inspect --format '{{.Id}}'), the first with a * behind, or \"*\"")
        }
        return try TextPattern(text)
    }

    private static func pod(_ text: String) throws(InvalidText) -> TextPattern {
        guard isIDPattern(text) else {
            throw InvalidText(
                "'\(text)' is not the uid of a pod",
                remedy: "write its metadata.uid (kubectl get pod -o yaml), or \"*\"")
        }
        return try TextPattern(text)
    }

    private static func isIDPattern(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x66).contains($0) || $0 == UInt8(ascii: "-")
                    || $0 == UInt8(ascii: "*")
            }
    }

    private static func namespace(_ text: String) throws(InvalidText) -> String {
        guard text == "host" else {
            throw InvalidText("'\(text)' is not a namespace with a lasting name", remedy: "write namespace: host")
        }
        return text
    }

    private static func sha256(_ text: String) throws(InvalidText) -> String {
        let digits = text.lowercased()
        guard digits.utf8.count == 64,
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else {
            throw InvalidText("'\(text)' is not a SHA-256", remedy: "write 64 hexadecimal digits, as sha256sum prints")
        }
        return digits
    }
}
