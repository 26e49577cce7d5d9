// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit
import VaultModel

/// A capability as a policy file would hold it, made from the arguments of `add`.
struct CapabilityDocument {
    var name: String
    var kind: CapabilityKind
    /// A path, an address, a credential; nothing for a pipe.
    var value: String?
    var rights: [String]?
    var create: String?
    var noFollow = false
    var othersMayWrite = false
    var delivery: String?
    var opening: String?
    var renewal: String?
    /// Of a Unix listener.
    var type: String?
    var mode: String?
    var owner: String?
    var group: String?
    var backlog: Int?
    /// Of an internet listener.
    var v6Only: String?
    var reusePort = false
    var freebind = false
    var receiveBuffer: String?
    var sendBuffer: String?
    /// Of a helper: its program and the arguments before those that it gets.
    var run: [String] = []

    /// - Parameter directory: where paths start that are not absolute.
    func text(in directory: String) throws -> String {
        try checkOptions()
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("name", name)
        writer.key(kind.key)
        writer.beginObject()
        switch kind {
        case .file, .directory, .fifo, .device, .helper:
            if kind == .helper { writer.member("run", try run.enumerated().map(absoluteProgram)) }
            writer.member("path", absolute(try required("PATH"), directory))
            writer.member("rights", rights)
            writer.member("create", create)
            if othersMayWrite { writer.member("writable-by-others", "yes") }
            if noFollow { writer.member("nofollow", "yes") }
        case .pipe: writer.member("rights", rights)
        case .deposit: throw Failure(.usage, "a deposit is a descriptor that is passed in", next: "vault put --help")
        case .memory: try writeMemory(to: &writer, directory)
        case .listener: try writeListener(to: &writer, directory)
        case .connection: try writeConnection(to: &writer, directory)
        }
        writer.endObject()
        writer.member("delivery", delivery)
        writer.member("open", opening)
        writer.member("renew", renewal)
        writer.endObject()
        return String(decoding: writer.finish(), as: UTF8.self)
    }

    private func writeMemory(to writer: inout JSONWriter, _ directory: String) throws {
        let value = try required("PATH or credential:NAME")
        if let name = Self.rest(of: value, after: "credential:") {
            writer.member("credential", name)
        } else {
            writer.member("file", absolute(value, directory))
            if othersMayWrite { writer.member("writable-by-others", "yes") }
        }
    }

    private func writeListener(to writer: inout JSONWriter, _ directory: String) throws {
        let value = try required("tcp:HOST:PORT, udp:HOST:PORT or unix:PATH")
        if let address = Self.rest(of: value, after: "tcp:"), !address.isEmpty {
            writer.member("tcp", address)
        } else if let address = Self.rest(of: value, after: "udp:"), !address.isEmpty {
            writer.member("udp", address)
        } else if let path = Self.rest(of: value, after: "unix:"), !path.isEmpty {
            writer.member("unix", path.utf8.first == UInt8(ascii: "@") ? path : absolute(path, directory))
            writer.member("type", type)
            writer.member("mode", mode)
            writer.member("as", owner)
            writer.member("group", group)
        } else {
            throw Failure(
                .usage, "'\(value)' is not the address of a listener",
                next: "vault add \(name) listener tcp:127.0.0.1:8080, or udp:HOST:PORT, or unix:PATH, or unix:@NAME")
        }
        writer.member("backlog", backlog)
        writer.member("v6only", v6Only)
        if reusePort { writer.member("reuse-port", "yes") }
        if freebind { writer.member("freebind", "yes") }
        writer.member("receive-buffer", receiveBuffer)
        writer.member("send-buffer", sendBuffer)
    }

    private func writeConnection(to writer: inout JSONWriter, _ directory: String) throws {
        let value = try required("tcp:HOST:PORT or unix:PATH")
        if let address = Self.rest(of: value, after: "tcp:"), !address.isEmpty {
            writer.member("tcp", address)
        } else if let path = Self.rest(of: value, after: "unix:"), !path.isEmpty {
            writer.member("unix", absolute(path, directory))
            writer.member("type", type)
            writer.member("as", owner)
        } else {
            throw Failure(
                .usage, "'\(value)' is not an address to connect to",
                next: "vault add \(name) connection tcp:127.0.0.1:8080 --delivery shared, or unix:PATH")
        }
    }

    /// What belongs to another kind is a mistake, and not passed over.
    private func checkOptions() throws {
        let isUnixAddress = value.flatMap { Self.rest(of: $0, after: "unix:") } != nil
        let isUnix = kind == .listener && isUnixAddress
        let isUnixSocket = isUnix || kind == .connection && isUnixAddress
        let isInternet = kind == .listener && !isUnix
        let isCredential = value.flatMap { Self.rest(of: $0, after: "credential:") } != nil
        let hasRights = ![CapabilityKind.directory, .listener, .connection, .memory].contains(kind)
        let isFoundByPath =
            [CapabilityKind.file, .directory, .fifo, .device].contains(kind) || kind == .memory && !isCredential
        let given: [(option: String, isGiven: Bool, belongs: Bool, to: String)] = [
            ("VALUE", value != nil, kind != .pipe, "every kind but pipe"),
            ("--rights", rights != nil, hasRights, "file, fifo, pipe, device and helper"),
            ("--create", create != nil, kind == .file || kind == .fifo, "file and fifo"),
            ("--writable-by-others", othersMayWrite, isFoundByPath, "what is found by a path"),
            ("--nofollow", noFollow, kind == .file, "file"),
            ("--renew", renewal != nil, kind == .file || kind == .memory, "file and memory"),
            ("--type", type != nil, isUnixSocket, "a listener or connection at unix:PATH"),
            ("--mode", mode != nil, isUnix, "a listener at unix:PATH"),
            ("--as", owner != nil, isUnixSocket, "a listener or connection at unix:PATH"),
            ("--group", group != nil, isUnix, "a listener at unix:PATH"),
            ("--v6only", v6Only != nil, isInternet, "a listener at tcp: or udp:"),
            ("--reuse-port", reusePort, isInternet, "a listener at tcp: or udp:"),
            ("--freebind", freebind, isInternet, "a listener at tcp: or udp:"),
            ("--receive-buffer", receiveBuffer != nil, isInternet, "a listener at tcp: or udp:"),
            ("--send-buffer", sendBuffer != nil, isInternet, "a listener at tcp: or udp:"),
            ("--backlog", backlog != nil, kind == .listener, "listener"),
            ("--run", !run.isEmpty, kind == .helper, "helper"),
        ]
        if let wrong = given.first(where: { $0.isGiven && !$0.belongs }) {
            throw Failure(
                .usage, "\(wrong.option) belongs to \(wrong.to), and this is a \(kind.rawValue)",
                next: "the same without \(wrong.option)")
        }
        guard kind != .helper || !run.isEmpty else {
            throw Failure(
                .usage, "the helper's program is missing",
                next: "vault add \(name) helper \(value ?? "PATH") --run /usr/libexec/vault/vault-openfile")
        }
    }

    private func required(_ what: String) throws -> String {
        guard let value, !value.isEmpty else {
            throw Failure(
                .usage, "the value of the \(kind.rawValue) is missing",
                next: "vault add \(name) \(kind.rawValue) \(what)")
        }
        return value
    }

    /// What follows a word that the text begins with; nil where nothing does. By bytes: a mark that combines with a separator
    /// makes another character of it.
    private static func rest(of text: String, after word: String) -> String? {
        guard text.utf8.starts(with: word.utf8) else { return nil }
        return String(decoding: text.utf8.dropFirst(word.utf8.count), as: UTF8.self)
    }

    private func absolute(_ path: String, _ directory: String) -> String {
        let slash = UInt8(ascii: "/")
        if path.utf8.first == slash { return path }
        let relative = Self.rest(of: path, after: "./") ?? path
        return directory.utf8.last == slash ? directory + relative : "\(directory)/\(relative)"
    }

    /// The program is named by its path; nobody's `PATH` is searched for what runs in the broker's name.
    private func absoluteProgram(_ index: Int, _ word: String) throws -> String {
        guard index > 0 || word.utf8.first == UInt8(ascii: "/") else {
            throw Failure(
                .usage, "the helper's program '\(word)' is no absolute path", next: "--run /full/path/\(word)")
        }
        return word
    }
}
