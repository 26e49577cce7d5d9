// SPDX-License-Identifier: Apache-2.0

import Crypto
import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// The selector `sha256`: of the executable itself, as the opener opens it, and advisory.
@Suite(.serialized) struct ExecutableHashTests {
    private static let user = StandardVault.reader

    private static func sha256(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// The rules of the standard vault are about other names; the broker runs as another user where it can.
    private static func start(_ rules: (String) -> String) async throws -> (Daemon, hash: String, [UInt8]) {
        let program = try await Programs.directory().appending("vault")
        let bytes = try await onThread { try OwnedDescriptor.open(program).readAll(limit: 1 << 30) }
        let hash = sha256(bytes)
        var options = StandardVault.options
        options.policies["hash.yaml"] = "vault: 1\nrules:\n" + rules(hash)
        return (try await Daemon.start(options), hash, bytes)
    }

    private static func permit(_ hash: String) -> String {
        "  - { id: by-hash, permit: [open], capability: hidden/secret, to: { uid: \(user), sha256: \(hash) } }\n"
    }

    private static func copy(
        _ bytes: [UInt8], _ daemon: Daemon, named name: String, mode: mode_t, owner: UInt32? = nil
    ) throws -> FilePath {
        let path = daemon.directory.path(name)
        let file = try OwnedDescriptor.open(path, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        try bytes.withUnsafeBytes { buffer in
            var rest = UnsafeRawBufferPointer(rebasing: buffer[...])
            while !rest.isEmpty {
                let count = file.withUnsafeNumber { write($0, rest.baseAddress, rest.count) }
                guard count > 0 else { throw Errno(rawValue: errno) }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
        if let owner { #expect(file.withUnsafeNumber({ fchown($0, owner, owner) }) == 0) }
        #expect(file.withUnsafeNumber { fchmod($0, mode) } == 0)
        return path
    }

    @Test("A permit by hash holds for that very program, another user's too, and its record says which it was")
    func permits() async throws {
        let (daemon, hash, bytes) = try await Self.start(Self.permit)
        for _ in 0..<3 {
            let result = try await daemon.vaultCommand(["cat", "hidden/secret"], uid: StandardVault.otherUser).run()
            #expect(result.text == StandardVault.secret, "\(result.errorText)\n\(daemon.log)")
        }
        let whoami = try await daemon.vaultCommand(["whoami", "--output", "json"], uid: StandardVault.otherUser).run()
        #expect(try JSONValue(parsing: whoami.text)["sha256"]?.string == hash)

        // The same program, but for one byte behind its end.
        let other = try Self.copy(bytes + [0], daemon, named: "vault2", mode: 0o755)
        let denied = try await daemon.client(other, ["cat", "hidden/secret"], uid: StandardVault.otherUser).run()
        #expect(denied.status == .exited(1), "\(denied.errorText)")
        let grants = try await daemon.vault("audit", "list", "--type", "grant", "--output", "jsonl")
        let granted = try JSONValue(parsing: String(grants.text.split(separator: "\n")[0]))
        #expect(granted["peer"]?["exeSha256"]?.string == hash)
        let denials = try await daemon.vault("audit", "list", "--type", "deny", "--output", "jsonl")
        let deny = try JSONValue(parsing: String(denials.text.split(separator: "\n")[0]))
        let failed = try #require(deny["failed"]?.array?.first { $0["selector"]?.string == "sha256" }, "\(deny)")
        #expect(failed["wanted"]?.string == hash)
        #expect(failed["got"]?.string == Self.sha256(bytes + [0]))

        let record = try #require(deny["index"]?.integer)
        let explained = try await daemon.vault("policy", "explain", "\(record)")
        #expect(explained.text.contains("sha256") && explained.text.contains(hash), "\(explained.text)")
        let asked = try await daemon.vault(
            "policy", "explain", "--uid", "\(Self.user)", "--sha256", hash, "--name", "hidden/secret")
        #expect(asked.text.contains("permit"), "\(asked.text)\(asked.errorText)")
    }

    @Test(
        "What cannot be read is unknown: a permit by hash does not hold, and a forbid does",
        .enabled(if: Command.canChangeUser, "needs root and setpriv"))
    func unknownIsSafe() async throws {
        let (daemon, hash, bytes) = try await Self.start { hash in
            Self.permit(hash)
                + "  - { id: not-that-one, forbid: [open], capability: files/secret, to: { sha256: \(hash) } }\n"
        }
        #expect(!hash.isEmpty)
        // Owned by its user, who may execute it; nobody else may read it without a privilege that the opener gave up.
        let hidden = try Self.copy(bytes, daemon, named: "hidden", mode: 0o100, owner: Self.user)
        for name in ["hidden/secret", "files/secret"] {
            let result = try await daemon.client(hidden, ["cat", name], uid: Self.user).run()
            #expect(result.status == .exited(1), "\(name): \(result.text)\(result.errorText)")
        }
        let whoami = try await daemon.client(hidden, ["whoami", "--output", "json"], uid: Self.user).run()
        let unknown = try JSONValue(parsing: whoami.text)["unknown"]?["sha256"]?.string
        #expect(unknown != nil, "\(whoami.text)")
        // Another program is known not to be it.
        let other = try Self.copy(bytes + [0], daemon, named: "vault2", mode: 0o755)
        let result = try await daemon.client(other, ["cat", "files/secret"], uid: Self.user).run()
        #expect(result.text == StandardVault.secret, "\(result.errorText)")
    }

    @Test("No executable is read as long as neither a rule nor the configuration asks for it")
    func notRead() async throws {
        let daemon = try await StandardVault.start()
        let opened = try await daemon.vaultCommand(["cat", "files/secret"], uid: StandardVault.otherUser).run()
        #expect(opened.text == StandardVault.secret)
        let peer = try JSONValue(
            parsing: try await daemon.vault("audit", "list", "-n", "1", "--type", "grant", "--output", "jsonl").text)[
                "peer"]
        #expect(peer?["uid"]?.integer == Int64(Self.user))
        #expect(peer?["exe"] == nil && peer?["exeSha256"] == nil && peer?["unknown"]?["exe"] == nil, "\(peer as Any)")
    }
}
