// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// What the article about renewal says, with nginx and OpenSSL: a certificate is replaced, and nobody is disconnected.
@Suite(.enabled(if: Command.canChangeUser, "needs root and setpriv: the server is another user's"))
struct CertificateTests {
    private static let article = "Sources/VaultClient/VaultClient.docc/RenewalWithoutRestart.md"
    private static let user: UInt32 = 1

    /// The blocks of shell commands, by who runs them, in order.
    private static func blocks(_ who: String) throws -> [String] {
        let text = try WholeFile.text(Programs.checkout.appending(article))
        return text.matches(of: /(?m)^```sh (?<who>\w+)\n(?<code>(?s).*?)^```/).filter { $0.who == who }
            .map { String($0.code) }
    }

    @Test("A server goes on with the certificate that was issued anew, and ends what it was at with the old one")
    func renews() async throws {
        for program in ["nginx", "openssl", "curl"] {
            guard try await RecipePrograms.find(program, uid: Self.user) == nil else { continue }
            try skipVisibly(
                "the worked example with \(program), which is not there: Tests/Recipes/prepare .build/programs")
        }
        let port = "\(try unusedPort())"
        let files = try Recipes(article: Self.article).files
        func local(_ text: String) -> String { text.replacing("8443", with: port) }
        var options = Daemon.Options()
        options.policies = [
            "policy.yaml": local(try #require(files["policy.yaml"]))
                .replacing("/etc/vaultd/secrets", with: "@DIRECTORY@").replacing(
                    "user: www-data", with: "uid: \(Self.user)")
        ]
        options.configuration = "run-as: nobody\nopener: { roots: [\"@DIRECTORY@\"] }\n"
        options.owner = 65534
        let daemon = try await Daemon(options)
        let place = try TemporaryDirectory(mode: 0o755)
        #expect(chown(place.path.string, Self.user, Self.user) == 0)
        try place.write(local(try #require(files["nginx.conf"])), to: "nginx.conf", mode: 0o644)

        func shell(_ script: String, uid: UInt32?) -> Command {
            let script = local(script).replacing("/etc/vaultd/secrets", with: daemon.directory.path.string)
            var command = daemon.client("/bin/bash", ["-eu", "-o", "pipefail", "-c", script])
            command.environment = RecipePrograms.environment(
                of: command, vault: daemon.programs.description, home: place.path)
            command.directory = place.path
            return uid.map { command.asUser(uid: $0) } ?? command
        }
        func subject() async throws -> String {
            try await shell(
                "echo | openssl s_client -connect 127.0.0.1:8443 2>/dev/null | openssl x509 -noout -subject",
                uid: Self.user
            ).run().text
        }
        let first = """
            umask 077; cd \(daemon.directory.path); mkdir live archive
            openssl req -x509 -newkey ed25519 -nodes -subj /CN=first -keyout archive/privkey1.pem -out archive/cert1.pem
            ln -s ../archive/cert1.pem live/cert.pem; ln -s ../archive/privkey1.pem live/privkey.pem
            """
        let made = try await shell(first, uid: nil).run()
        try #require(made.status == .exited(0), "\(made.errorText)")
        try await daemon.start()
        let blocks = (
            server: try Self.blocks("server"), root: try Self.blocks("root"), user: try Self.blocks("user")
        )
        try #require(blocks.server.count == 1 && blocks.root.count == 2 && blocks.user.count == 1)

        let serving = shell(
            "echo $$ >pid; " + blocks.server[0].replacing("'3;' vault", with: "'3;' exec vault"), uid: Self.user
        )
        async let server = serving.run()
        try await waitUntil("the first certificate is served", every: .milliseconds(100)) {
            try await subject().contains("first")
        }
        // Of a request that takes four seconds.
        try place.write(String(repeating: "x", count: 64 << 10), to: "files/slow", mode: 0o644)
        let transfer = shell("curl -sk https://127.0.0.1:8443/slow | wc -c", uid: Self.user)
        async let slow = transfer.run()
        try await Task.sleep(for: .seconds(1))
        let renewed = try await shell(blocks.root[0], uid: nil).run()
        #expect(renewed.status == .exited(0), "\(renewed.errorText)")
        let clock = ContinuousClock()
        let start = clock.now
        var check = shell(blocks.user[0], uid: Self.user)
        check.timeLimit = .seconds(20)
        #expect(try await check.run().status == .exited(0))
        print("the new certificate was served \(clock.now - start) after it was there")
        let transferred = try await slow
        #expect(transferred.text.contains("65536"), "\(transferred.text)\(transferred.errorText)")
        #expect(try await subject().contains("second"))

        let log = try await shell(blocks.root[1], uid: nil).run()
        #expect(
            log.status == .exited(0) && log.text.contains("web/key") && log.text.contains("web/cert"), "\(log.text)")
        let text = try await daemon.vault("audit", "list", "--type", "capability.renew", "-o", "jsonl").text
        let records = try text.split(separator: "\n").map { try JSONObject(parsing: Array($0.utf8)) }
        #expect(records.count == 2, "\(text)")
        for record in records {
            // Whose grants those were.
            let grants = record["grants"]?.array?.compactMap(\.integer) ?? []
            #expect(grants.count == 1, "\(record)")
            let shown = try await daemon.vault("audit", "show", "\(grants.first ?? -1)", "-o", "jsonl").text
            #expect(shown.contains(#""sha256":"\#(record["former"]?["sha256"]?.string ?? "?")""#), "\(shown)")
        }
        try await waitUntil("nothing old is out") { try await !daemon.vault("leases").text.contains("outdated") }
        let released = try await daemon.vault("audit", "list", "--type", "lease.release", "-o", "jsonl").text
        #expect(released.split(separator: "\n").count == 2, "\(released)")

        let pid = try #require(Int32(place.read("pid").dropLast()))
        #expect(kill(pid, SIGTERM) == 0)
        let ended = try await server
        #expect(ended.status == .exited(0), "\(ended.errorText)\((try? place.read("nginx.log")) ?? "")")
        #expect((try? FileStatus(ofPath: place.path("key.pem"), followingLinks: false)) == nil)
    }
}
