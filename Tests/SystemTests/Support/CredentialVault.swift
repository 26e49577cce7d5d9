// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import VaultTestKit

/// A broker with a socket for credentials of units, and a client that is in the control group of a unit and asks as its service
/// manager does.
enum CredentialVault {
    static let unit = "web.service"
    static let secret = "the combination is 1234\n"
    /// Systemd's limit, and ours.
    static let largest = 1 << 20

    /// Where the unified hierarchy can be written; nil elsewhere.
    static let hierarchy: String? = {
        let bytes = (try? OwnedDescriptor.open("/proc/self/mounts").readAll(limit: 1 << 24)) ?? []
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: " ").map(String.init)
            if fields.count > 2, fields[2] == "cgroup2", access(fields[1], W_OK) == 0 { return fields[1] }
        }
        return nil
    }()
    static var isPossible: Bool { geteuid() == 0 && hierarchy != nil && Command.find("python3") != nil }

    static let policy = """
        vault: 1
        capabilities:
          - { name: services/web.service/key, memory: { file: "@DIRECTORY@/files/secret" } }
          - { name: services/web.service/each, memory: { file: "@DIRECTORY@/files/secret" }, open: each-grant }
          - { name: services/web.service/file, file: { path: "@DIRECTORY@/files/file", rights: [read, write] } }
          - { name: services/web.service/empty, file: { path: "@DIRECTORY@/files/empty", rights: [read] } }
          - { name: services/web.service/largest, memory: { file: "@DIRECTORY@/files/largest" } }
          - { name: services/web.service/larger, memory: { file: "@DIRECTORY@/files/larger" } }
          - { name: services/web.service/larger-file, file: { path: "@DIRECTORY@/files/larger", rights: [read] } }
          - { name: services/web.service/shared, file: { path: "@DIRECTORY@/files/file", rights: [read] }, delivery: shared, open: at-start }
          - { name: services/web.service/pipe, pipe: {} }
          - { name: services/web.service/gone, file: { path: "@DIRECTORY@/files/gone", rights: [read] }, open: each-grant }
          - { name: services/web.service/forbidden, memory: { file: "@DIRECTORY@/files/secret" } }
          - { name: services/web.service/a+20b+2B, memory: { file: "@DIRECTORY@/files/secret" } }
          - { name: services/other.service/key, memory: { file: "@DIRECTORY@/files/secret" } }
        rules:
          - { id: web, permit: [open], capability: "services/web.service/*", to: { uid: 0, unit: web.service } }
          - { id: never, forbid: [open], capability: "services/web.service/forbidden", to: { uid: 0 } }
        """

    static func options() -> Daemon.Options {
        var options = Daemon.Options()
        options.policies = ["credentials.yaml": policy]
        options.configuration = "credentials-socket: { path: \"@DIRECTORY@/run/credentials.sock\" }\n"
        return options
    }

    /// - Parameter prepare: what else is done before the start.
    static func start(_ adjust: (inout Daemon.Options) -> Void = { _ in }) async throws -> Daemon {
        var options = options()
        adjust(&options)
        let daemon = try await Daemon(options)
        try writeFiles(daemon)
        try await daemon.start()
        return daemon
    }

    /// Lets a unit have files that open and whose read(2) never answers: `hangs`, and as memory `memory-hangs`.
    static func add(_ hanging: HangingFileSystem, to options: inout Daemon.Options, openerTimeout: String) {
        options.configuration! += "opener: { timeout: \(openerTimeout) }\n"  // options() has one
        options.policies["hanging.yaml"] = """
            vault: 1
            capabilities:
              - { name: services/web.service/hangs, file: { path: "\(hanging.path)/read", rights: [read] } }
              - { name: services/web.service/memory-hangs, memory: { file: "\(hanging.path)/read-too" }, open: each-grant }
            """
    }

    static func writeFiles(_ daemon: Daemon) throws {
        let files = daemon.directory.path("files")
        guard mkdir(files.string, 0o700) == 0 else { throw Errno(rawValue: errno) }
        for (name, text) in [
            ("secret", secret), ("file", "in a file\n"), ("empty", ""),
            ("largest", String(repeating: "x", count: largest)), ("larger", String(repeating: "x", count: largest + 1)),
        ] {
            try daemon.directory.write(text, to: "files/\(name)", mode: 0o600)
        }
    }

    static func socket(_ daemon: Daemon) -> FilePath { daemon.directory.path("run/credentials.sock") }

    private static let tools = """
        import os, resource, signal, socket, sys, time
        path, root = os.environ['CREDENTIALS'], os.environ['HIERARCHY']
        home = next(l for l in open('/proc/self/cgroup') if l.startswith('0::')).strip()[3:].split(' ')[0]
        slice = root + '/vaultcredentials%d.slice' % os.getpid()
        def move(group, pid=0):
            with open(group + '/cgroup.procs', 'w') as f: f.write(str(pid))
        def enter(unit):
            os.makedirs(slice + '/' + unit, exist_ok=True); move(slice + '/' + unit)
        def leave():
            move(root + home if os.path.isdir(root + home) else root)
            for unit in os.listdir(slice):
                if os.path.isdir(slice + '/' + unit): os.rmdir(slice + '/' + unit)
            os.rmdir(slice)
        def connect(address=None):
            s = socket.socket(socket.AF_UNIX); s.settimeout(60)
            if address is not None: s.bind(address)
            s.connect(path); s.shutdown(socket.SHUT_WR)
            return s
        def address(credential, unit='web.service'):
            credential = credential if isinstance(credential, bytes) else credential.encode()
            return b'\\0%016x/unit/' % int.from_bytes(os.urandom(8), 'big') + unit.encode() + b'/' + credential
        def rest(s):
            data = b''
            while True:
                try: some = s.recv(1 << 16)
                except ConnectionResetError: return 'reset'
                if not some: break
                data += some
            if len(data) > 1 << 20 and not data.strip(b'\\0'): return 'zeros'
            return data.decode() if len(data) < 100 else '%d bytes' % len(data)
        def ask(credential, unit='web.service'): return rest(connect(address(credential, unit)))

        """

    /// Python in the control group of a unit, with `ask(CREDENTIAL)`, which says what a service manager would read: the content,
    /// or `zeros` where it takes that for an error.
    static func client(_ daemon: Daemon, unit: String = unit, uid: UInt32? = nil, _ script: String) throws -> Command {
        let body = script.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)\n" }.joined()
        let become = uid.map { "os.setgid(\($0)); os.setuid(\($0))" } ?? "pass"
        // Who leaves is root still: the group is removed by the parent.
        let program =
            tools
            + "enter('\(unit)')\npid = os.fork()\nif pid == 0:\n    \(become)\n\(body)    sys.stdout.flush()\n    os._exit(0)\n"
            + "status = os.waitpid(pid, 0)[1]\nleave()\nsys.exit(1 if status else 0)\n"
        var command = daemon.client("/usr/bin/python3", ["-c", program], uid: 0)
        command.environment =
            (command.environment ?? []) + ["CREDENTIALS=\(socket(daemon))", "HIERARCHY=\(hierarchy ?? "")"]
        return command
    }

    static func ask(_ daemon: Daemon, unit: String = unit, uid: UInt32? = nil, _ script: String) async throws -> String
    {
        let result = try await client(daemon, unit: unit, uid: uid, script).run()
        guard result.status.isSuccess else {
            throw DaemonFailure(what: "a client failed: \(result.text)\(result.errorText)", log: daemon.log)
        }
        return result.text
    }

    /// The records of a type, the oldest first.
    static func records(_ daemon: Daemon, _ type: String) async throws -> [JSONValue] {
        let list = try await daemon.vault("audit", "list", "--type", type, "--output", "jsonl")
        return try list.text.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
    }
}
