// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import Testing
import VaultTestKit

/// The binaries, as a user meets them.
@Suite struct CommandLineTests {
    @Test("A permitted user gets the contents of a file that it cannot open")
    func catsAFileThatItCannotOpen() async throws {
        let daemon = try await StandardVault.start()
        let result = try await daemon.vault("cat", "files/secret", uid: StandardVault.otherUser)
        #expect(result.text == StandardVault.secret)
        #expect(result.status == .exited(0), "\(result.errorText)\(daemon.log)")
    }

    @Test(
        "The broker that hands out a root's 0600 file could not open it itself",
        .enabled(if: Command.canChangeUser, "needs root and setpriv"))
    func brokerHasNoRights() async throws {
        let daemon = try await StandardVault.start()
        let ids = try processStatus(of: daemon.pid)
        #expect(ids["Uid"] == "65534 65534 65534 65534")
        #expect(ids["Gid"] == "65534 65534 65534 65534")
        #expect(ids["CapEff"] == "0000000000000000")
        #expect(ids["CapPrm"] == "0000000000000000")
        let file = daemon.directory.path("secret.txt")
        let asBroker = try await Command("cat", file.string).asUser(uid: StandardVault.brokerUser).run()
        #expect(asBroker.status == .exited(1))
        let result = try await daemon.vault("cat", "files/secret", uid: StandardVault.reader)
        #expect(result.text == StandardVault.secret)
    }

    @Test("`vault cat` of a missing file says what `cat` would say, with exit code 4")
    func missingFile() async throws {
        let daemon = try await StandardVault.start()
        let result = try await daemon.vault("cat", "files/missing", uid: StandardVault.otherUser)
        #expect(result.status == .exited(4))
        #expect(result.text.isEmpty)
        #expect(result.errorText.contains("files/missing: No such file or directory"), "\(result.errorText)")
    }

    @Test(
        "A denial says so, with the record's number, and exit code 1",
        .enabled(if: Command.canChangeUser, "needs root and setpriv: the owner is denied nothing"))
    func denial() async throws {
        let daemon = try await StandardVault.start()
        let result = try await daemon.vault("cat", "files/secret", uid: StandardVault.stranger)
        #expect(result.status == .exited(1))
        #expect(result.text.isEmpty)
        #expect(result.errorText.contains("not permitted"), "\(result.errorText)")
        let number = try #require(result.errorText.firstMatch(of: /record ([0-9]+)/)?.1)
        let record = try await daemon.vault("audit", "show", String(number), "--output", "jsonl")
        #expect(record.text.contains(#""type":"deny""#), "\(record.text)\(record.errorText)")
        #expect(record.text.contains("files/secret"))
    }

    @Test(
        "A name that one may not see is answered as one that does not exist",
        .enabled(if: Command.canChangeUser, "needs root and setpriv: the owner may see everything"))
    func hiddenIsMissing() async throws {
        let daemon = try await StandardVault.start()
        let hidden = try await daemon.vault("show", "hidden/secret", uid: StandardVault.otherUser)
        let missing = try await daemon.vault("show", "absent/secret", uid: StandardVault.otherUser)
        #expect(hidden.status == missing.status)
        let anonymous = [hidden, missing].map {
            $0.errorText.replacing(/[0-9]+/, with: "N").replacing(/(hidden|absent)/, with: "NAME")
        }
        #expect(anonymous[0] == anonymous[1])
    }

    @Test("A stopped daemon gives two lines and exit code 3")
    func stoppedDaemon() async throws {
        let daemon = try await StandardVault.start()
        try await daemon.terminate()
        let result = try await daemon.vault("cat", "files/secret")
        #expect(result.status == .exited(3))
        let lines = result.errorText.split(separator: "\n")
        #expect(lines.count == 2, "\(result.errorText)")
        #expect(lines.last?.hasPrefix("Try: ") == true, "\(result.errorText)")
    }

    @Test(
        "A rule added at run time holds at once, and so does its revocation",
        .enabled(if: Command.canChangeUser, "needs root and setpriv"))
    func grantAndRevoke() async throws {
        let daemon = try await StandardVault.start()
        let stranger = StandardVault.stranger
        let granted = try await daemon.vault("grant", "files/secret", "--to", "uid:\(stranger)", "--rights", "read")
        #expect(granted.status == .exited(0), "\(granted.errorText)")
        #expect(granted.text.contains("vault revoke"), "the command that undoes it")
        let seen = try await daemon.vault("cat", "files/secret", uid: stranger)
        #expect(seen.text == StandardVault.secret, "\(seen.errorText)")
        let revoked = try await daemon.vault("revoke", "files/secret", "--from", "uid:\(stranger)")
        #expect(revoked.status == .exited(0), "\(revoked.errorText)")
        let unseen = try await daemon.vault("cat", "files/secret", uid: stranger)
        #expect(unseen.status == .exited(1))
    }

    @Test("The pages of the manual and the completions come from what the programs say about themselves")
    func manualPages() async throws {
        var pages: [String]
        var completions: [String]
        // Kept until the names are read.
        let directory = try TemporaryDirectory()
        if let root = Programs.installedRoot {
            let share = root.appending("usr/share")
            pages = ["man1", "man5", "man8"].flatMap { directoryEntries(share.appending("man/\($0)")) }
            completions = ["bash-completion/completions", "zsh/site-functions", "fish/vendor_completions.d"]
                .flatMap { directoryEntries(share.appending($0)) }
        } else {
            let generate = Programs.checkout.appending("Tests/Manual/generate")
            let result = try await Command(
                generate, arguments: [Programs.built.string, directory.path.string]
            ).run()
            #expect(result.status == .exited(0), "\(result.errorText)")
            pages = directoryEntries(directory.path("manual"))
            completions = directoryEntries(directory.path("completions"))
        }
        let wanted = [
            "vault.1", "vaultd.8", "vault-cat.1", "vault-exec.1", "vault-grant.1", "vault-audit.1", "vault-policy.5",
            "vaultd.yaml.5",
        ]
        for page in wanted { #expect(pages.contains(page)) }
        // Those of vault, fdvault and vaultd for three shells.
        #expect(completions.count == 9, "\(completions)")
    }

    /// The fields of `/proc/PID/status`, blanks made single.
    private func processStatus(of pid: Int32) throws -> [String: String] {
        let text = String(
            decoding: try OwnedDescriptor.open(FilePath("/proc/\(pid)/status")).readAll(), as: UTF8.self)
        var fields: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields[String(parts[0])] = parts.last?.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        return fields
    }
}
