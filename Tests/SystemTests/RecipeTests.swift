// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// What the article about ordinary programs says, with the real programs.
@Suite(.serialized, .enabled(if: Command.canChangeUser, "needs root and setpriv: the recipes are another user's"))
struct RecipeTests {
    private static let article = "Sources/VaultClient/VaultClient.docc/OrdinaryPrograms.md"
    private static let recipes = (try? Recipes(article: article))?.all ?? []
    /// A user with a name, which some programs want to know, and without a right to anything here.
    private static let user: UInt32 = 1

    @Test("A recipe for a program that knows nothing of the vault does what it says", arguments: recipes)
    func recipe(_ recipe: Recipe) async throws {
        for program in recipe.programs {
            guard try await RecipePrograms.find(program, uid: Self.user) == nil else { continue }
            try skipVisibly("a recipe for \(program), which is not there: Tests/Recipes/prepare .build/programs")
        }
        let needsMount = recipe.programs.contains { $0.hasPrefix("/") }
        if needsMount, try await !RecipePrograms.mounting(Command("true")).run().status.isSuccess {
            try skipVisibly("a recipe for \(recipe.programs): nothing can be mounted over /usr here")
        }
        let ports = Dictionary(
            uniqueKeysWithValues: try ["8080", "8443", "6379", "5432", "9000", "1143", "6310"].map {
                ($0, "\(try unusedPort())")
            })
        // In one pass: a port that is free may contain the number of another.
        func local(_ text: String) -> String {
            text.replacing(/[0-9]+/) { ports[String($0.output)] ?? String($0.output) }
        }
        let files = try Recipes(article: Self.article).files
        let place = try TemporaryDirectory(mode: 0o755)
        #expect(chown(place.path.string, Self.user, Self.user) == 0)
        for (name, text) in files { try place.write(local(text), to: name, mode: 0o644) }
        let daemon = try await Self.start(local(try #require(files["policy.yaml"])), local("port 6379"), place)

        // Whatever a recipe has left running ends with it.
        var script = "trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT\n"
        if recipe.programs.contains("psql") { script += try Self.postgres }
        script = local(script + recipe.code)
        var command = daemon.client("/bin/bash", ["-eu", "-o", "pipefail", "-c", script])
        command.environment = RecipePrograms.environment(
            of: command, vault: daemon.programs.description, home: place.path)
        command.directory = place.path
        command = command.asUser(uid: Self.user)
        if needsMount { command = RecipePrograms.mounting(command) }
        let result = try await command.run()
        #expect(result.status == .exited(0), "\(script)\n\(result.text)\(result.errorText)\(daemon.log)")
        #expect(result.text == recipe.output, "\(script)\n\(result.errorText)\(daemon.log)")
    }

    @Test("The article has recipes, for these programs among others")
    func complete() {
        let programs = Set(Self.recipes.flatMap(\.programs))
        let wanted = [
            "gunicorn", "uvicorn", "nginx", "haproxy", "python3", "openssl", "psql", "redis-server", "nc", "ssh-add",
            "/usr/sbin/dovecot", "/usr/sbin/cupsd",
        ]
        #expect(programs.isSuperset(of: wanted))
        #expect(Self.recipes.contains { $0.programs.isEmpty })
    }

    // MARK: - What the recipes find

    /// The vault of the article, with keys where there is something to make them with.
    private static func start(_ policy: String, _ redisPort: String, _ place: TemporaryDirectory) async throws -> Daemon
    {
        var options = Daemon.Options()
        options.policies = [
            "policy.yaml": policy.replacing("/etc/vaultd/secrets", with: "@DIRECTORY@")
                .replacing("user: www-data", with: "uid: \(user)")
        ]
        options.configuration = "run-as: nobody\nopener: { roots: [\"@DIRECTORY@\"] }\n"
        options.owner = 65534
        options.files = [
            "db-password": "swordfish\n", "pgpass": "*:*:*:*:swordfish\n",
            "netrc": "machine 127.0.0.1 login app password swordfish\n", "a.log": "a\nc\n", "b.log": "b\nd\n",
            "redis.conf": "bind 127.0.0.1\n\(redisPort)\nrequirepass swordfish\nsave \"\"\n", "tls.key": "-\n",
        ]
        let daemon = try await Daemon(options)
        if let openssl = try await RecipePrograms.find("openssl", uid: 0) {
            let words = ["req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=localhost", "-addext"]
            let files = ["-keyout", daemon.directory.path("tls.key").string, "-out", place.path("tls.pem").string]
            let made = try await Command(openssl, arguments: words + ["subjectAltName=DNS:localhost"] + files).run()
            #expect(made.status == .exited(0), "\(made.errorText)")
            #expect(chmod(place.path("tls.pem").string, 0o644) == 0)
        }
        let key = daemon.directory.path("id_ed25519")
        if let keygen = try await RecipePrograms.find("ssh-keygen", uid: 0) {
            let words = ["-q", "-t", "ed25519", "-N", "", "-C", "key", "-f", key.string]
            let made = try await Command(keygen, arguments: words).run()
            #expect(made.status == .exited(0), "\(made.errorText)")
        } else {
            try daemon.directory.write("-\n", to: "id_ed25519")
        }
        try await daemon.start()
        return daemon
    }

    /// Starts a server that psql(1) can log in to.
    private static var postgres: String {
        get throws {
            guard let programs = RecipePrograms.postgres else {
                try skipVisibly("a recipe for psql: there is no server below /usr/lib/postgresql")
            }
            return """
                bin=\(programs)
                echo swordfish >pw
                "$bin/initdb" -D pg -U app --locale=C --auth=scram-sha-256 --pwfile=pw -N >/dev/null
                "$bin/postgres" -D pg -p 5432 -k "$PWD" -h 127.0.0.1 >pg.log 2>&1 &
                until "$bin/pg_isready" -q -h 127.0.0.1 -p 5432; do sleep 0.1; done

                """
        }
    }
}
