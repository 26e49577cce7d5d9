// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// The commands of *An nginx without rights*, as they stand there, with Debian's nginx and its unit.
@Suite(.serialized, .needsMachine) struct TutorialTests {
    private static let article = "Sources/VaultClient/VaultClient.docc/HardenedNginx.md"
    private static let site = "/etc/nginx/sites-available/site"

    /// A block of the article that is marked with that word: its commands, and what stands behind `#>`.
    private static func block(_ word: String) throws -> (code: String, output: String, count: Int) {
        let text = try OwnedDescriptor.open(Programs.checkout.appending(article)).readAll(limit: 1 << 20)
        let blocks = String(decoding: text, as: UTF8.self)
            .matches(of: /(?m)^```\w+ (?<words>[^\n]+)\n(?<code>(?s).*?)^```/)
            .filter { $0.words == word }.map { String($0.code) }
        try #require(!blocks.isEmpty, "there is no block \(word)")
        let code = blocks.joined()
        let lines = code.split(separator: "\n")
        return (
            code, lines.filter { $0.hasPrefix("#> ") }.map { String($0.dropFirst(3)) }.joined(separator: "\n"),
            lines.count { $0.hasPrefix("sudo ") }
        )
    }

    /// Where nginx was unpacked, or is installed.
    private static let nginx: FilePath? = {
        let roots: [FilePath] = [Programs.checkout.appending(".build/programs"), "/"]
        let paths = ["usr/sbin/nginx", "etc/nginx/nginx.conf", "lib/systemd/system/nginx.service"]
        return roots.first { root in paths.allSatisfy { access(root.appending($0).string, R_OK) == 0 } }
    }()

    /// What Debian's packages place, a key, and the site.
    private func prepare(_ machine: Machine) async throws {
        guard let nginx = Self.nginx else { try Test.cancel("there is no nginx (Tests/Recipes/prepare)") }
        let root = "\(machine.tree).run/root"
        let copying = """
            set -e
            mkdir -p \(root)/var/log/nginx \(root)/var/lib/nginx \(root)/var/www/html \(root)/etc/ssl/private \(root)/etc/ssl/certs
            cp -aL \(nginx)/usr/sbin/nginx \(root)/usr/sbin/
            cp -a \(nginx)/etc/nginx \(root)/etc/
            cp -aL \(nginx)/lib/systemd/system/nginx.service \(root)/usr/lib/systemd/system/
            rm -f \(root)/etc/nginx/modules-enabled/* \(root)/etc/nginx/sites-enabled/*
            ln -s ../sites-available/site \(root)/etc/nginx/sites-enabled/site
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost \
                -addext subjectAltName=DNS:localhost -keyout \(root)/etc/ssl/private/site.key -out \(root)/etc/ssl/certs/site.pem
            chmod 600 \(root)/etc/ssl/private/site.key
            """
        let copied = try await Command("/bin/sh", arguments: ["-c", copying]).run()
        try #require(copied.status.isSuccess, "\(copied.errorText)")
        try machine.write("hello from the site\n", to: "/var/www/html/index.html")
        try machine.write(try Self.block("file \(Self.site)").code, to: Self.site)
        // As the package leaves them.
        let logs = "cd /var/log/nginx && touch access.log error.log && chown www-data:adm *.log && chmod 640 *.log"
        try await machine.succeed("sh", "-c", logs)
        try await machine.succeed("systemctl", "daemon-reload")
        let started = try await machine.run("systemctl", "start", "nginx.service")
        guard started.status.isSuccess else { try Test.cancel("nginx does not run there: \(machine.journal())") }
    }

    private func run(_ code: String, on machine: Machine) async throws -> CommandResult {
        // Whoever runs them is root already.
        try await machine.run("bash", "-euo", "pipefail", "-c", "sudo() { \"$@\"; }\n" + code)
    }

    /// What the site answers over TLS, with a certificate that is checked.
    private func ask(_ machine: Machine) async throws -> String {
        let script = """
            import socket, ssl
            context = ssl.create_default_context(cafile='/etc/ssl/certs/site.pem')
            socket.create_connection(('127.0.0.1', 80), 10).close()
            s = context.wrap_socket(socket.create_connection(('127.0.0.1', 443), 10), server_hostname='localhost')
            s.sendall(b'GET /?tutorial HTTP/1.0\\r\\n\\r\\n')
            data = b''
            while some := s.recv(4096): data += some
            print(data.split(b'\\r\\n\\r\\n')[1].decode(), end='')
            """
        return try await machine.succeed("python3", "-c", script).text
    }

    private func files(_ machine: Machine) async throws -> String {
        let paths = "/etc/nginx /etc/ssl /etc/systemd/system /etc/vaultd/secrets /etc/vaultd/vaultd.yaml"
        return try await machine.succeed("sh", "-c", "find \(paths) -type f -exec sha256sum {} + | sort").text
    }

    private func users(_ machine: Machine) async throws -> Set<String> {
        Set(try await machine.run("ps", "-o", "user=", "-C", "nginx").text.split(separator: "\n").map(String.init))
    }

    /// `9.6 UNSAFE`, without what else is there to say.
    private func exposure(_ text: String) -> (number: Double, word: String)? {
        guard let match = text.firstMatch(of: /level for nginx.service: ([0-9.]+) ([A-Z]+)/) else { return nil }
        return Double(match.1).map { ($0, String(match.2)) }
    }

    @Test(
        "Eight commands, and what they promise; and everything is as it was afterwards", arguments: DebianSuite.allCases
    )
    func tutorial(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        try await prepare(machine)
        let original = try await files(machine)
        #expect(try await ask(machine) == "hello from the site\n")
        #expect(try await users(machine).contains("root"))
        for word in ["before", "do", "after"] {
            let (code, output, count) = try Self.block(word)
            let result = try await run(code, on: machine)
            #expect(result.status.isSuccess, "\(word): \(result.text)\(result.errorText)\n\(machine.journal())")
            if word == "do" { #expect(count == 8) }
            guard let told = exposure(output) else { continue }
            let found = try #require(exposure(result.text), "\(result.text)")
            #expect(found.word == told.word && abs(found.number - told.number) < 0.5, "\(found), not \(told)")
        }
        #expect(try await ask(machine) == "hello from the site\n", "\(machine.journal())")
        #expect(try await users(machine) == ["www-data"])
        #expect(try machine.read("/var/log/nginx/access.log").contains("GET /?tutorial"))
        let pid = try await machine.property("MainPID", of: "nginx.service")
        #expect(try await machine.run("cat", "/proc/\(pid)/status").text.contains("CapEff:\t0000000000000000"))
        let records = try await machine.succeed("vault", "audit", "list", "--type", "grant").text
        for name in ["services/nginx.service/site.key", "nginx/http", "nginx/https", "nginx/access", "nginx/error"] {
            #expect(records.contains(name), "\(records)")
        }
        try await machine.succeed("systemctl", "reload", "nginx.service")
        #expect(try await ask(machine) == "hello from the site\n", "it reloads without root")

        let undone = try await run(try Self.block("undo").code, on: machine)
        #expect(undone.status.isSuccess, "\(undone.text)\(undone.errorText)\n\(machine.journal())")
        #expect(try await ask(machine) == "hello from the site\n")
        #expect(try await users(machine).contains("root"))
        #expect(try await files(machine) == original)
        try await machine.succeed("systemctl", "stop", "nginx.service")
        machine.remove("/etc/vaultd/policies/nginx.yaml")
        try await machine.succeed("systemctl", "restart", "vaultd.service")
    }
}
