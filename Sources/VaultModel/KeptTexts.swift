// SPDX-License-Identifier: Apache-2.0

/// Texts that are kept of what was read, in memory of their own.
///
/// What is read of a file lies between what it was read from. A policy in force is kept for long: while one short text in it lies
/// where the document lay, none of the memory around it can be given back, and there is a text every few bytes. So what is
/// kept of a document is copied while that is still there, and each text is kept once.
package struct KeptTexts {
    /// Texts are the same whose bytes are.
    private struct Key: Hashable {
        let text: String

        static func == (left: Self, right: Self) -> Bool { left.text.isSame(as: right.text) }
    }

    /// Up to so many bytes a text has no memory of its own.
    private static let shortest = 16

    private var known: Set<Key> = []

    package init() {}

    mutating func keep(_ text: String) -> String {
        guard text.utf8.count >= Self.shortest else { return text }
        if let index = known.firstIndex(of: Key(text: text)) { return known[index].text }
        let copy = Key(text: String(decoding: Array(text.utf8), as: UTF8.self))
        known.insert(copy)
        return copy.text
    }

    mutating func keep(_ text: String?) -> String? { text.map { keep($0) } }

    mutating func keep<Value>(_ values: [Value], _ keepValue: (Value, inout KeptTexts) -> Value) -> [Value] {
        values.map { keepValue($0, &self) }
    }
}

extension NamedID {
    fileprivate func kept(_ texts: inout KeptTexts) -> NamedID { NamedID(name: texts.keep(name), id: id) }
}

extension SelectorSet {
    /// The same, in memory of its own.
    fileprivate func kept(_ texts: inout KeptTexts) -> SelectorSet {
        // From the whole set on: a selector that is forgotten here is kept as it was read, and its rule never matches more.
        var kept = self
        kept.users = texts.keep(users) { $0.kept(&$1) }
        kept.uids = texts.keep(uids) { id, _ in id }
        kept.groups = texts.keep(groups) { $0.kept(&$1) }
        kept.gids = texts.keep(gids) { id, _ in id }
        kept.labels = texts.keep(labels) { $0.kept(&$1) }
        kept.cgroups = texts.keep(cgroups) { $0.kept(&$1) }
        kept.units = texts.keep(units) { $0.kept(&$1) }
        kept.loginuids = texts.keep(loginuids) { $0.kept(&$1) }
        kept.namespaces = texts.keep(namespaces) { $1.keep($0) }
        kept.exes = texts.keep(exes) { $0.kept(&$1) }
        kept.sha256s = texts.keep(sha256s) { $1.keep($0) }
        kept.containers = texts.keep(containers) { $0.kept(&$1) }
        kept.pods = texts.keep(pods) { $0.kept(&$1) }
        return kept
    }
}

extension Place {
    fileprivate func kept(_ texts: inout KeptTexts) -> Place {
        Place(path: texts.keep(path), line: line, column: column)
    }
}

extension Rule {
    /// The same, in memory of its own.
    package func kept(_ texts: inout KeptTexts) -> Rule {
        var origin = origin
        if case .file(let path) = origin { origin = .file(texts.keep(path)) }
        // Of conditions few have texts, and these are names of time zones.
        return Rule(
            id: texts.keep(id), effect: effect, actions: actions,
            capabilities: texts.keep(capabilities) { $0.kept(&$1) }, to: to.kept(&texts), rights: rights,
            conditions: conditions, origin: origin, place: place?.kept(&texts), anchor: anchor)
    }
}

extension Capability {
    /// The same, in memory of its own.
    package func kept(_ texts: inout KeptTexts) -> Capability {
        var capability = self
        capability.name = name.kept(&texts)
        capability.source = source.kept(&texts)
        capability.place = place?.kept(&texts)
        return capability
    }
}

extension SourcePath {
    fileprivate func kept(_ texts: inout KeptTexts) -> SourcePath {
        SourcePath(texts.keep(text), othersMayWrite: othersMayWrite)
    }
}

extension UnixListenAddress {
    fileprivate func kept(_ texts: inout KeptTexts) -> UnixListenAddress {
        var socket = self
        socket.path = texts.keep(path)
        socket.owner = owner.kept(&texts)
        socket.group = group?.kept(&texts)
        return socket
    }
}

extension CapabilitySource {
    fileprivate func kept(_ texts: inout KeptTexts) -> CapabilitySource {
        switch self {
        case .file(let path, let create, let noFollow):
            .file(path: path.kept(&texts), create: create, noFollow: noFollow)
        case .directory(let path): .directory(path: path.kept(&texts))
        case .device(let path): .device(path: path.kept(&texts))
        case .fifo(let path, let create): .fifo(path: path.kept(&texts), create: create)
        case .pipe: .pipe
        case .deposit: .deposit
        case .listener(.tcp(let host, let port, let backlog, let options)):
            .listener(.tcp(host: texts.keep(host), port: port, backlog: backlog, options: options))
        case .listener(.udp(let host, let port, let options)):
            .listener(.udp(host: texts.keep(host), port: port, options: options))
        case .listener(.unix(let socket)): .listener(.unix(socket.kept(&texts)))
        case .connection(.tcp(let host, let port)): .connection(.tcp(host: texts.keep(host), port: port))
        case .connection(.unix(let path, let type, let user)):
            .connection(.unix(path: texts.keep(path), type: type, user: user.kept(&texts)))
        case .memory(.file(let path)): .memory(.file(path.kept(&texts)))
        case .memory(.credential(let name)): .memory(.credential(texts.keep(name)))
        case .helper(let run, let path):
            .helper(run: texts.keep(run) { $1.keep($0) }, path: texts.keep(path))
        }
    }
}
