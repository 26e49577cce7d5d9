// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// What `make deb` makes, on a Debian that has never seen the vault.
@Suite(.serialized, .needsMachine, .enabled(if: Packages.directory != nil, "make test-installed says where they are"))
struct PackageTests {
    @Test("Installed, upgraded, removed, installed again and purged", arguments: DebianSuite.allCases)
    func life(_ suite: DebianSuite) async throws {
        let machine = try await CleanMachine(suite)
        defer { machine.stop() }
        let (first, next) = (try Packages.pair(newest: false), try Packages.pair(newest: true))

        // The long name alone is enough.
        try await machine.install([first.main])
        #expect(try await machine.property("ActiveState") == "active")
        #expect(try await machine.property("UnitFileState") == "enabled")
        #expect(try await machine.succeed("fdvault", "status").text.hasPrefix("no problems"))
        #expect(try await machine.run("test", "-e", "/usr/bin/vault").status == .exited(1))
        #expect(try await machine.succeed("stat", "-c", "%a %U", "/etc/vaultd/secrets").text == "700 root\n")
        #expect(try await machine.succeed("dpkg", "--verify", "fdvault").text == "")
        try await machine.succeed("systemctl", "reload", "vaultd")
        // Two programs are other names of two.
        let names = ["vault-offline", "vault-openfile"].map { "/usr/libexec/vault/\($0)" }
        #expect(
            try await machine.succeed("readlink", "-e", names[0], names[1]).text
                == "/usr/sbin/vaultd\n/usr/libexec/vault/vault-opener\n")

        // What was taken away is not missed, and what the administrator's tmpfiles cannot do holds nothing up.
        try await machine.succeed(
            "sh", "-ec",
            """
            rmdir /etc/vaultd/secrets
            echo 'd /run/vaultd 0755 nosuchuser root' >/etc/tmpfiles.d/vaultd.conf
            dpkg-reconfigure fdvault
            rm /etc/tmpfiles.d/vaultd.conf
            mkdir -m 0750 /etc/vaultd/secrets
            """)

        try await machine.install([first.short])
        #expect(try await machine.succeed("vault", "--version").text == machine.run("fdvault", "--version").text)
        #expect(try await machine.succeed("dpkg", "--verify", "fdvault-short").text == "")

        // What an administrator does.
        try await machine.succeed(
            "sh", "-ec",
            """
            cat >/etc/vaultd/policies/mine.yaml <<'END'
            vault: 1
            rules:
              - { id: root-keeps, permit: [deposit, open, remove], capability: "kept/**", to: { uid: 0 } }
            END
            echo '# mine' >>/etc/vaultd/vaultd.yaml
            echo secret >/etc/vaultd/secrets/key
            systemctl reload vaultd
            echo kept | vault put kept/pipe --fd 0
            vault grant 'kept/**' --to uid:4711 --reason 'before the upgrade'
            vault audit checkpoint >/srv/checkpoint
            vault audit key >/srv/key
            """)
        let process = try await machine.property("MainPID")

        try await machine.install([next.main, next.short])
        #expect(try await machine.property("MainPID") != process)
        #expect(try await machine.property("ActiveState") == "active")
        #expect(try await machine.succeed("vault", "cat", "kept/pipe").text == "kept\n")
        #expect(try await machine.succeed("tail", "-n", "1", "/etc/vaultd/vaultd.yaml").text == "# mine\n")
        #expect(try await machine.succeed("vault", "rules").text.contains("uid:4711"))
        #expect(try await machine.succeed("stat", "-c", "%a", "/etc/vaultd/secrets").text == "750\n")

        try await machine.succeed("systemctl", "enable", "vaultd-credentials.socket")
        try await machine.succeed("dpkg", "--remove", "fdvault-short", "fdvault")
        #expect(try await machine.run("pgrep", "vault").text == "")
        #expect(try await machine.run("test", "-e", "/run/vaultd/vault.sock").status == .exited(1))
        #expect(try await machine.succeed("ls", "/usr/bin", "/usr/sbin").text.contains("vault") == false)
        try await machine.succeed("test", "-s", "/var/lib/vaultd/ledger.db")
        try await machine.succeed("test", "-e", "/etc/vaultd/policies/mine.yaml")
        #expect(try await machine.succeed("systemctl", "list-units", "--failed", "--no-legend").text == "")

        // What was kept is taken up again, the log from before too.
        try await machine.install([next.main, next.short])
        #expect(try await machine.property("ActiveState") == "active")
        #expect(try await machine.succeed("vault", "rules").text.contains("uid:4711"))
        try await machine.succeed("vault", "audit", "verify", "--from", "/srv/checkpoint", "--key", "/srv/key")

        try await machine.succeed("dpkg", "--purge", "fdvault-short", "fdvault")
        for gone in ["/var/lib/vaultd", "/run/vaultd", "/etc/vaultd/vaultd.yaml", "/usr/share/doc/fdvault"] {
            #expect(try await machine.run("test", "-e", gone).status == .exited(1), "\(gone)")
        }
        #expect(try await machine.run("sh", "-c", "find /etc/systemd /var/lib/systemd -name '*vault*'").text == "")
        #expect(try await machine.run("sh", "-c", "find /run -name 'io.vaultd*'").text == "")
        // Nobody but the administrator knows whether there is another copy.
        #expect(try await machine.succeed("cat", "/etc/vaultd/secrets/key").text == "secret\n")
        try await machine.succeed("test", "-e", "/etc/vaultd/policies/mine.yaml")
    }

    @Test("What is found on the other name's package: it goes, and the service stays", arguments: DebianSuite.allCases)
    func shortName(_ suite: DebianSuite) async throws {
        let machine = try await CleanMachine(suite)
        defer { machine.stop() }
        let pair = try Packages.pair(newest: false)
        // Out of order: the short name needs the other.
        #expect(try await machine.run("dpkg", "--install", "/mnt/\(pair.short)").status == .exited(1))
        try await machine.install([pair.main, pair.short])
        try await machine.succeed("dpkg", "--remove", "fdvault-short")
        let result = try await machine.run("fdvault", "show", "nothing/here")
        #expect(result.status == .exited(1))
        #expect(result.errorText.hasPrefix("fdvault: show: "), "\(result.errorText)")
        #expect(!result.errorText.contains("Try: vault"), "\(result.errorText)")
        #expect(try await machine.property("ActiveState") == "active")
    }

    @Test("There is no package where it is not known what the programs need")
    func unknownDependencies() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("#!/bin/sh\nexit 1\n", to: "dpkg-query", mode: 0o755)
        let root = try #require(Programs.directory(of: "VAULT_INSTALLED"))
        var build = Command(
            Programs.checkout.appending("Sources/vaultd/Debian/build"),
            arguments: [root.string, directory.path("out").string])
        build.environment = ["PATH=\(directory.path):/usr/bin:/bin"]
        build.timeLimit = .seconds(120)
        #expect(try await !build.run().status.isSuccess)
        #expect(directoryEntries(directory.path("out")) == [])
    }

    @Test("lintian finds no error", .enabled(if: Command.find("lintian") != nil, "needs lintian"))
    func lintian() async throws {
        let pair = try Packages.pair(newest: false)
        let directory = try #require(Packages.directory)
        var command = Command(
            "lintian",
            arguments: ["--fail-on", "error", "--allow-root"]
                + [pair.main, pair.short].map { directory.appending($0).string })
        command.timeLimit = .seconds(300)
        let result = try await command.run()
        #expect(result.status == .exited(0), "\(result.text)\(result.errorText)")
    }

    @Test("None of ICU's data is in the programs, and together they have at most 60 MB")
    func size() async throws {
        let root = try #require(DebianSuite.installed)
        let result = try await Command(
            "sh",
            arguments: [
                "-c", "find \"$1\" -type f -perm -u=x -size +64k -printf '%s\\n'", "sh", root.string,
            ]
        ).run()
        let sizes = result.text.split(separator: "\n").compactMap { Int($0) }
        #expect(sizes.count == 3, "\(sizes)")
        #expect(sizes.reduce(0, +) <= 60_000_000, "\(sizes)")
    }
}

private enum Packages {
    static let directory = Programs.directory(of: "VAULT_PACKAGES")

    /// The file names of both packages, of the version under test or of one that comes after it.
    static func pair(newest: Bool) throws -> (main: String, short: String) {
        let directory = try #require(directory)
        let names = try Command("ls", directory.string).runOnThread().text.split(separator: "\n").map(String.init)
        func name(_ package: String) throws -> String {
            let found = names.filter { $0.hasPrefix("\(package)_") && $0.contains("_999_") == newest }
            try #require(found.count == 1, "\(names)")
            return found[0]
        }
        return (try name("fdvault"), try name("fdvault-short"))
    }
}

/// A system with a systemd as PID 1 and the packages in `/mnt`, none of them installed.
private struct CleanMachine {
    private static let script = Programs.checkout.appending("Tests/Machine/machine")
    private let tree: FilePath

    init(_ suite: DebianSuite) async throws {
        guard let clean = suite.tree, let packages = Packages.directory else {
            try Test.cancel("there is no tree of \(suite.rawValue) to boot")
        }
        tree = FilePath("\(clean)-packages")
        removeTree(tree)
        for command in [
            Command("cp", "-a", "--reflink=auto", clean.string, tree.string),
            Command("sh", "-c", "cp \"$1\"/*.deb \"$2/mnt\"", "sh", packages.string, tree.string),
            Command(Self.script, arguments: ["boot", tree.string]),
        ] {
            let result = try await command.run()
            guard result.status.isSuccess else { throw DaemonFailure(what: "no machine", log: result.errorText) }
        }
    }

    func stop() {
        _ = try? Command(Self.script, arguments: ["stop", tree.string]).runOnThread()
        removeTree(tree)
    }

    @discardableResult
    func run(_ command: String...) async throws -> CommandResult {
        try await Command(Self.script, arguments: ["run", tree.string] + command).run()
    }

    @discardableResult
    func succeed(_ command: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws -> CommandResult
    {
        let result = try await Command(Self.script, arguments: ["run", tree.string] + command).run()
        try #require(
            result.status.isSuccess, "\(command): \(result.status) \(result.text)\(result.errorText)",
            sourceLocation: sourceLocation)
        return result
    }

    func install(_ packages: [String], sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let files = packages.map { "/mnt/\($0)" }.joined(separator: " ")
        try await succeed(
            "sh", "-c", "DEBIAN_FRONTEND=noninteractive dpkg --install \(files)", sourceLocation: sourceLocation)
    }

    func property(_ name: String) async throws -> String {
        try await succeed("systemctl", "show", "--value", "--property", name, "vaultd.service").text.trimmed
    }
}
