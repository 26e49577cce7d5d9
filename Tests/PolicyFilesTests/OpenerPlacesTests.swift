// SPDX-License-Identifier: Apache-2.0

import DaemonSettings
import Glibc
import PolicyFiles
import Testing
import VaultModel
import VaultTestKit

@Suite("What the opener will not open is told when it is declared")
struct OpenerPlacesTests {
    private static let places = OpenerPlaces(
        roots: ["/srv", "/var/log"], rootsOrigin: "vaultd.yaml:3", helpers: ["/usr/libexec/help"],
        helpersOrigin: "vaultd.yaml:4", protectedPaths: ["/srv/state", "/srv/run/vault.sock"])

    private static func capability(_ source: String) throws -> Capability {
        let (capability, problems) = PolicyReader.readCapability(
            document: "{ name: a, \(source) }", names: FixedNames())
        #expect(problems.allSatisfy { $0.severity == .warning }, "\(problems)")
        return try #require(capability)
    }

    private static func message(_ places: OpenerPlaces, _ source: String, looks: Bool = false) throws -> String? {
        let found = places.problems(of: [try capability(source)], looks: looks)
        #expect(found.allSatisfy { $0.severity == .warning && !$0.remedy.isEmpty && $0.line == 1 })
        return found.first?.message
    }

    private static let none = "lies beneath none of the opener's roots: /srv /var/log (vaultd.yaml:3)"

    @Test(
        "Every kind that names a path is held against the roots, byte by byte",
        arguments: [
            ("file: { path: /srv/a }", nil), ("file: { path: /srv }", nil), ("file: { path: /srv/./a }", nil),
            ("file: { path: //srv//a }", nil), ("file: { path: /var/log/x/y }", nil),
            ("file: { path: /srvx/a }", "'a': '/srvx/a' \(none)"),
            ("file: { path: /var/lo }", "'a': '/var/lo' \(none)"),
            ("file: { path: /srvstate/a }", "'a': '/srvstate/a' \(none)"),
            // A combining mark makes another character of the slash, and the same bytes.
            ("file: { path: \"/srv/\u{301}a\" }", nil),
            ("file: { path: \"/srv\u{301}/a\" }", "'a': '/srv\u{301}/a' \(none)"),
            ("fifo: { path: /run/a }", "'a': '/run/a' \(none)"), ("fifo: { path: /srv/a }", nil),
            ("directory: { path: /run/a }", "'a': '/run/a' \(none)"), ("directory: { path: /srv }", nil),
            (
                "directory: { path: /srv/state }",
                "'a': '/srv/state' belongs to the vault itself (/srv/state), and is never opened"
            ),
            ("connect: { unix: /run/a, as: alice }, delivery: shared", "'a': '/run/a' \(none)"),
            ("connect: { tcp: \"[::1]:80\" }, delivery: shared", nil),
            ("device: { path: /dev/a }", "'a': '/dev/a' \(none)"), ("device: { path: /srv/a }", nil),
            ("memory: { file: /etc/key }", "'a': '/etc/key' \(none)"), ("memory: { credential: key }", nil),
            ("listen: { unix: /run/a, as: alice }", "'a': '/run/a' \(none)"),
            ("listen: { unix: \"@a\", as: alice }", nil), ("listen: { tcp: \"*:80\" }", nil), ("pipe: {}", nil),
            ("helper: { run: /usr/libexec/help, path: /etc/x }", nil),
            ("helper: { run: /usr//libexec/./help, path: /etc/x }", nil),
            (
                "helper: { run: /usr/libexec/helper, path: /etc/x }",
                "'a': '/usr/libexec/helper' is none of the programs that may be run as helpers (vaultd.yaml:4)"
            ),
            (
                "helper: { run: /bin/sh, path: /srv/x }",
                "'a': '/bin/sh' is none of the programs that may be run as helpers (vaultd.yaml:4)"
            ),
            (
                "file: { path: /srv/state/log.key }",
                "'a': '/srv/state/log.key' belongs to the vault itself (/srv/state), and is never opened"
            ),
            (
                "file: { path: //srv/./state//log.key }",
                "'a': '/srv/state/log.key' belongs to the vault itself (/srv/state), and is never opened"
            ),
            ("file: { path: /srv/states }", nil), ("file: { path: /srv/stat }", nil),
            ("file: { path: /srv/run/vault.socket }", nil),
        ] as [(String, String?)])
    func texts(source: String, message: String?) throws {
        #expect(try Self.message(Self.places, source) == message)
    }

    @Test(
        "Slashes and '.' of roots and protected places count for nothing, and the innermost root is the one that counts"
    )
    func spellings() throws {
        let places = OpenerPlaces(
            roots: ["//srv/", "/srv/./a//b/", "/"], rootsOrigin: "r", protectedPaths: ["//srv//./state/"])
        #expect(try Self.message(places, "file: { path: /srv/a }") == nil)
        let said = "'a': '/srv/state/x' belongs to the vault itself (/srv/state), and is never opened"
        #expect(try Self.message(places, "file: { path: /srv/state/x }") == said)
        // The reader of policies takes no '..', in whatever way it is written.
        for path in ["/srv/a/../../etc", "/srv/a/..", "/srv/../\u{301}x", "/../srv"] {
            let (none, problems) = PolicyReader.readCapability(
                document: "{ name: a, file: { path: \"\(path)\" } }", names: FixedNames())
            #expect(
                none == nil && problems.first?.message == "'\(path)' does not name one file", "\(path): \(problems)")
        }
        for path in ["/proc/1/mem", "//proc/x", "/./sys", "/proc/\u{301}x"] {
            let (none, problems) = PolicyReader.readCapability(
                document: "{ name: a, file: { path: \"\(path)\" } }", names: FixedNames())
            #expect(none == nil && problems.first?.message.contains("which is never opened") == true, "\(problems)")
        }
    }

    @Test("By whatever link or path the vault's own places are reached, they are its own")
    func ownPlaces() throws {
        let directory = try TemporaryDirectory()
        let root = directory.path("root").string
        for path in [root, "\(root)/state", "\(root)/states", "\(root)/in"] { #expect(mkdir(path, 0o700) == 0) }
        for (target, name) in [("state", "link"), ("../state", "in/up"), ("root/state", "../outer")] {
            #expect(symlink(target, "\(root)/\(name)") == 0)
        }
        try directory.write("", to: "root/state/log.key")
        // As it was named, through a link from elsewhere.
        let places = OpenerPlaces(
            roots: [root], rootsOrigin: "r", protectedPaths: [directory.path("outer").string])
        func isOwn(_ path: String) throws -> Bool {
            let message = try Self.message(places, "file: { path: \"\(root)/\(path)\" }", looks: true)
            return message?.contains("belongs to the vault itself") == true
        }
        #expect(try isOwn("state/log.key") && isOwn("state") && isOwn("link/log.key") && isOwn("in/up/log.key"))
        #expect(try isOwn("state/not/there/yet"), "the directory is the vault's")
        #expect(try !isOwn("states/log.key") && !isOwn("in/x") && !isOwn("missing"))
    }

    @Test("Without roots of its own an opener opens everywhere")
    func everywhere() throws {
        let (configuration, problems) = DaemonConfiguration.read(path: "vaultd.yaml", text: "state: /state\n")
        #expect(problems.isEmpty)
        let places = OpenerPlaces(configuration, state: "/unused", socket: "/run/s")
        #expect(try Self.message(places, "file: { path: /etc/x }") == nil)
        #expect(try Self.message(places, "file: { path: /state/x }") != nil)
        #expect(try Self.message(places, "file: { path: /run/s }") != nil)
    }

    @Test("A link that somebody else made is found before the opener refuses it", .enabled(if: Command.canChangeUser))
    func linksOfOthers() throws {
        let directory = try TemporaryDirectory(mode: 0o755)
        let root = directory.path.string
        for name in ["theirs", "own"] { #expect(mkdir("\(root)/\(name)", 0o755) == 0) }
        for name in ["theirs/link", "own/link"] { #expect(symlink("../file", "\(root)/\(name)") == 0) }
        #expect(chown("\(root)/theirs", 4711, 4711) == 0)
        let places = OpenerPlaces(roots: [root], rootsOrigin: "r")
        func message(_ path: String) throws -> String? {
            try Self.message(places, "file: { path: \(root)/\(path), writable-by-others: yes }", looks: true)
        }
        #expect(try message("theirs/link")?.contains("the opener follows none") == true)
        #expect(try message("own/link") == nil && message("theirs/file") == nil)
    }

    @Test("A link that leaves its root is found: an absolute one, and one with too many '..'")
    func links() throws {
        let directory = try TemporaryDirectory()
        let root = directory.path("root").string
        for path in [root, "\(root)/in"] { #expect(mkdir(path, 0o700) == 0) }
        for (target, name) in [
            ("in", "inside"), ("../root/in", "around"), ("/etc", "absolute"), ("../../x", "out"),
            ("inside/../in", "back"),
            ("absolute/x", "twice"), ("loop", "loop"),
        ] {
            #expect(symlink(target, "\(root)/\(name)") == 0)
        }
        let places = OpenerPlaces(roots: [root], rootsOrigin: "vaultd.yaml:3")
        func leaves(_ path: String, _ more: String = "") throws -> Bool {
            let message = try Self.message(places, "file: { path: \"\(root)/\(path)\"\(more) }", looks: true)
            #expect(
                message.map { $0.contains("leaves the root '\(root)' (vaultd.yaml:3)") } ?? true, "\(message ?? "")")
            return message != nil
        }
        #expect(
            try !leaves("in/a") && !leaves("inside/a") && !leaves("back/a") && !leaves("missing/a") && !leaves("loop/a")
        )
        #expect(try leaves("absolute") && leaves("absolute/passwd") && leaves("out/a") && leaves("around/a"))
        #expect(try leaves("twice"))
        #expect(try !leaves("absolute", ", nofollow: yes"), "such a link is refused by itself, and not followed")
    }

    @Test(
        "A directory on the way that others may write to is warned of, unless it may be theirs",
        .enabled(if: geteuid() == 0))
    func directoriesOfOthers() throws {
        let directory = try TemporaryDirectory(mode: 0o755)
        let root = directory.path("root").string
        for path in [root, "\(root)/in", "\(root)/theirs", "\(root)/theirs/deep"] { #expect(mkdir(path, 0o755) == 0) }
        #expect(chown("\(root)/theirs", 4711, 4711) == 0)
        let places = OpenerPlaces(roots: [root], rootsOrigin: "vaultd.yaml:3")
        let source = "file: { path: \"\(root)/theirs/deep/a\""
        let message = try Self.message(places, source + " }", looks: true)
        #expect(message?.contains("others than root may write to '\(root)/theirs'") == true, "\(message ?? "")")
        #expect(try Self.message(places, source + " }", looks: false) == nil)
        #expect(try Self.message(places, source + ", writable-by-others: yes }", looks: true) == nil)
        #expect(try Self.message(places, "file: { path: \"\(root)/in/a\" }", looks: true) == nil)
    }

    @Test("A root that is reached through a link is an error, one that is missing a warning")
    func roots() throws {
        let directory = try TemporaryDirectory()
        #expect(mkdir(directory.path("real").string, 0o700) == 0)
        #expect(symlink("real", directory.path("link").string) == 0)
        let roots = ["real", "link", "missing"].map { directory.path($0).string }
        let problems = OpenerPlaces(roots: roots, rootsOrigin: "vaultd.yaml:3").problemsOfRoots
        #expect(problems.map(\.severity) == [.error, .warning])
        #expect(problems.map(\.path) == ["vaultd.yaml:3", "vaultd.yaml:3"])
        #expect(problems.first?.message.contains("'\(roots[1])' is reached through the link") == true)
        #expect(problems.first?.remedy == "write \(roots[0])")
    }
}
