// SPDX-License-Identifier: Apache-2.0

import JSONText
import SystemPackage
import VaultTestKit

/// A broker with a socket for clients of s6: one user may everything beneath its prefix, another may open one name.
enum S6Vault {
    static var isPossible: Bool { Command.canChangeUser && Command.find("s6-fdholder-store") != nil }

    static let policy = """
        vault: 1
        rules:
          - id: keeper
            permit: [open, deposit, remove]
            capability: s6/**
            to: { uid: 4711 }
          - id: reader
            permit: [open]
            capability: s6/open
            to: { uid: 4712 }
        """

    static func start(_ adjust: (inout Daemon.Options) -> Void = { _ in }) async throws -> Daemon {
        var options = Daemon.Options()
        options.policies = ["s6.yaml": policy]
        options.configuration = "s6-socket: { path: \"@DIRECTORY@/run/s6.sock\" }\n"
        adjust(&options)
        return try await Daemon.start(options)
    }

    static func socket(_ daemon: Daemon) -> String { daemon.directory.path("run/s6.sock").string }

    /// A script of a client, in a directory of its own, with the socket in `S6`.
    static func shell(_ daemon: Daemon, uid: UInt32 = 4711, _ script: String) async throws -> CommandResult {
        let place = "d=$(mktemp -d) && cd \"$d\" && trap 'rm -r \"$d\"' EXIT\n"
        var command = daemon.client("/bin/sh", ["-c", place + script], uid: uid)
        command.environment = command.environment.map { $0 + ["S6=\(socket(daemon))"] }
        return try await command.run()
    }

    /// The types of the records about deposits and grants, in their order.
    static func records(_ daemon: Daemon) async throws -> [String] {
        let types = ["deposit", "grant", "remove", "take.confirm"]
        let list = try await daemon.vault("audit", "list", "--output", "jsonl")
        return try list.text.split(separator: "\n").compactMap {
            try JSONValue(parsing: Array($0.utf8))["type"]?.string
        }.filter(types.contains)
    }

    private static let start = """
        import array, errno, os, resource, select, socket, struct, sys, time
        def connect():
            global s
            s = socket.socket(socket.AF_UNIX); s.connect(os.environ['S6'])
        def frame(data, count=0): return struct.pack('>IH', len(data), count) + data
        def entry(name): return b'\\x60' + bytes(11) + bytes([len(name)]) + name.encode() + b'\\0'
        def read(count):
            data, fds = b'', []
            while len(data) < count:
                some, more, _, _ = socket.recv_fds(s, count - len(data), 253)
                assert some, 'the connection ended'
                data, fds = data + some, fds + list(more)
            return data, fds
        def ask(data, fds=()):
            ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))] if fds else []
            s.sendmsg([frame(data, len(fds))], ancillary)
            header, got = read(6)
            length, count = struct.unpack('>IH', header)
            content, more = read(length)
            assert len(got + more) == count
            return content, got + more
        def store(name, fd): return ask(b'S' + entry(name), [fd])[0][0]
        connect()

        """

    static func pythonCommand(
        _ daemon: Daemon, uid: UInt32 = 4711, _ script: String, _ arguments: String...
    ) throws -> Command {
        try pythonCommand(daemon, uid: uid, script, arguments)
    }

    private static func pythonCommand(
        _ daemon: Daemon, uid: UInt32, _ script: String, _ arguments: [String]
    ) throws -> Command {
        var command = daemon.client("/usr/bin/python3", ["-c", start + script] + arguments, uid: uid)
        command.environment = command.environment.map { $0 + ["S6=\(socket(daemon))"] }
        return command
    }

    /// A client that knows the wire, with one connection in `s`.
    static func python(_ daemon: Daemon, uid: UInt32 = 4711, _ script: String) async throws -> CommandResult {
        try await pythonCommand(daemon, uid: uid, script, []).run()
    }
}
