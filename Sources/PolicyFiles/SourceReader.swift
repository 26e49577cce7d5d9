// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Reads what a capability is made from: the value of `file`, `listen` and the like.
struct SourceReader {
    let context: ReadingContext

    /// The keys that say what a capability is.
    static let keys = heldKeys + ["deposit"]

    /// Those of which this version makes something.
    static let heldKeys = ["file", "directory", "fifo", "pipe", "listen", "connect", "memory", "device", "helper"]

    /// The key beside a path that lets others write to the directories on the way.
    private static let others = "writable-by-others"

    private var problems: ProblemList { context.problems }

    /// The source, with the rights when they were written; nil when something is wrong, which has been reported.
    func read(_ key: String, at place: Place, _ node: DocumentNode) -> (source: CapabilitySource, rights: Rights?)? {
        switch key {
        case "file": return readFile(node)
        case "directory": return readDirectory(node).map { (.directory(path: $0), nil) }
        case "fifo": return readFIFO(node)
        case "pipe": return readPipe(node)
        case "listen": return ListenReader(context: context).read(node).map { (.listener($0), nil) }
        case "connect": return readConnection(node).map { (.connection($0), nil) }
        case "memory": return readMemory(node).map { (.memory($0), nil) }
        case "device": return readDevice(node)
        case "helper": return readHelper(node)
        default:
            problems.add(
                "this version does not hold '\(key)' capabilities",
                remedy: "write one of \(Self.heldKeys.joined(separator: ", "))", at: place)
            return nil
        }
    }

    private func readFile(_ node: DocumentNode) -> (CapabilitySource, Rights?)? {
        guard let mapping = mapping(node, "'file'", ["path", "rights", "create", "nofollow", Self.others]) else {
            return nil
        }
        mapping.require("path", remedy: "write the absolute path of the file")
        let path = path("path", mapping)
        let create = mapping.value("create", ScalarText.mode)
        let noFollow = mapping.value("nofollow", ScalarText.yesOrNo) ?? false
        let rights = mapping.rights(of: [.read, .write, .append])
        if create != nil, (rights ?? .read) == .read {
            context.refuse(
                "'create': a file that can only be read is not made", remedy: "remove it, or add write to 'rights'",
                at: mapping.keyPlace("create"))
        }
        return path.map { (.file(path: $0, create: create, noFollow: noFollow), rights) }
    }

    private func readDirectory(_ node: DocumentNode) -> SourcePath? {
        let hints = [
            "rights": "leave it out: a directory is opened for reading, and what lies beneath is opened by its holder",
            "create": "leave it out: a directory is never made", "nofollow": "name the path that a link leads to",
        ]
        guard let mapping = mapping(node, "'directory'", ["path", Self.others], hints: hints) else { return nil }
        mapping.require("path", remedy: "write the absolute path of the directory")
        return path("path", mapping)
    }

    private func readDevice(_ node: DocumentNode) -> (CapabilitySource, Rights?)? {
        let hints = [
            "create": "leave it out: a device is never made", "nofollow": "name the path that a link leads to",
        ]
        guard let mapping = mapping(node, "'device'", ["path", "rights", Self.others], hints: hints) else { return nil }
        mapping.require("path", remedy: "write the absolute path of the character device")
        let path = path("path", mapping)
        let rights = mapping.rights(of: [.read, .write])
        return path.map { (.device(path: $0), rights) }
    }

    private func readFIFO(_ node: DocumentNode) -> (CapabilitySource, Rights?)? {
        guard let mapping = mapping(node, "'fifo'", ["path", "rights", "create", Self.others]) else { return nil }
        mapping.require("path", remedy: "write the absolute path of the FIFO")
        let path = path("path", mapping)
        let create = mapping.value("create", ScalarText.mode)
        let rights = mapping.rights(of: [.read, .write])
        return path.map { (.fifo(path: $0, create: create), rights) }
    }

    private func path(_ key: String, _ mapping: MappingReader) -> SourcePath? {
        let othersMayWrite = mapping.value(Self.others, ScalarText.yesOrNo) ?? false
        return mapping.value(key, ScalarText.path).map { SourcePath($0, othersMayWrite: othersMayWrite) }
    }

    /// `pipe: {}`.
    private func readPipe(_ node: DocumentNode) -> (CapabilitySource, Rights?)? {
        guard let mapping = mapping(node, "'pipe'", ["rights"]) else { return nil }
        return (.pipe, mapping.rights(of: [.read, .write]))
    }

    private func readMemory(_ node: DocumentNode) -> MemorySource? {
        guard let mapping = mapping(node, "'memory'", ["file", "credential", Self.others]) else { return nil }
        guard mapping.has("file") != mapping.has("credential") else {
            problems.add(
                "'memory' needs one place that it comes from", remedy: "write either file: PATH or credential: NAME",
                at: node.place)
            return nil
        }
        if mapping.has("file") { return path("file", mapping).map(MemorySource.file) }
        mapping.refuse(Self.others, because: "a credential has no directories on its way", remedy: "remove it")
        return mapping.value("credential") { (text: String) throws(InvalidText) -> MemorySource in
            guard !text.utf8.contains(UInt8(ascii: "/")), text != ".", text != "..", text.utf8.count <= 255,
                !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f })
            else {
                throw InvalidText("'\(text)' is not the name of a credential", remedy: "write a name without '/'")
            }
            return .credential(text)
        }
    }

    private func readHelper(_ node: DocumentNode) -> (CapabilitySource, Rights?)? {
        guard let mapping = mapping(node, "'helper'", ["run", "path", "rights"]) else { return nil }
        mapping.require("run", remedy: "write the program, with its arguments as a list")
        mapping.require("path", remedy: "write what the program is to open")
        let run = mapping.texts("run")
        let program = run.flatMap { $0.first }.flatMap { mapping.read($0, ScalarText.program) }
        let path = mapping.text("path")?.text
        let rights = mapping.rights(of: [.read, .write, .append])
        guard let run, program != nil, let path else { return nil }
        return (.helper(run: run.map(\.text), path: path), rights)
    }

    private func readConnection(_ node: DocumentNode) -> ConnectAddress? {
        guard let mapping = mapping(node, "'connect'", ["tcp", "unix", "type", "as"]) else { return nil }
        guard mapping.has("tcp") != mapping.has("unix") else {
            problems.add(
                "'connect' needs one address", remedy: "write either tcp: ADDRESS:PORT or unix: PATH", at: node.place)
            return nil
        }
        if mapping.has("tcp") {
            for key in ["type", "as"] {
                mapping.refuse(key, because: "only a Unix socket has it", remedy: "remove it")
            }
            return mapping.value("tcp", ScalarText.peer).map { .tcp(host: $0.host, port: $0.port) }
        }
        mapping.require("as", remedy: "write as: USER; the server sees this user as its client")
        let path = mapping.value("unix", ScalarText.path)
        let user = mapping.value("as", context.names.userOrID)
        let type: UnixSocketType? = mapping.value(
            "type", ScalarText.word("is not a type of socket", remedy: "write stream, seqpacket or datagram"))
        guard let path, let user else { return nil }
        return .unix(path: path, type: type ?? .stream, user: user)
    }

    private func mapping(
        _ node: DocumentNode, _ what: String, _ keys: [String], hints: [String: String] = [:]
    ) -> MappingReader? {
        MappingReader(node, what, keys: keys, hints: hints, problems: problems)
    }
}
