// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// What the article about s6's fd-holder says: with the vault's commands, and with Debian's clients of s6.
@Suite(.serialized, .enabled(if: Command.canChangeUser, "needs root and setpriv: the recipes are another user's"))
struct S6RecipeTests {
    private static let article = "Sources/VaultClient/VaultClient.docc/S6Clients.md"
    private static let recipes = (try? Recipes(article: article))?.all ?? []
    /// A user with a name and a primary group of the same number.
    private static let user: UInt32 = 1

    @Test("A recipe in the place of s6's fd-holder does what it says", arguments: recipes)
    func recipe(_ recipe: Recipe) async throws {
        for program in recipe.programs where Command.find(program) == nil {
            try skipVisibly("a recipe for \(program), which is not there (apt-get install s6)")
        }
        let policy = try #require(try Recipes(article: Self.article).files["policy.yaml"])
        let daemon = try await S6Vault.start {
            $0.policies = ["policy.yaml": policy.replacing("user: www-data", with: "uid: \(Self.user)")]
        }
        let place = try TemporaryDirectory(mode: 0o755)
        #expect(chown(place.path.string, Self.user, Self.user) == 0)
        let script = recipe.code.replacing("/run/vaultd/s6.sock", with: S6Vault.socket(daemon))
        var command = daemon.client("/bin/bash", ["-eu", "-c", script], uid: Self.user)
        command.directory = place.path
        let result = try await command.run()
        #expect(result.text == recipe.output, "\(script)\n\(result.text)\(result.errorText)\(daemon.log)")
    }

    @Test("Each program of s6's fd-holder has a recipe, beside one with the vault's own command")
    func complete() {
        let code = Self.recipes.map(\.code).joined()
        for program in ["store", "retrieve", "delete", "list", "getdump", "setdump", "transferdump"] {
            #expect(code.contains("s6-fdholder-\(program) "), "\(program)")
        }
        #expect(Self.recipes.count { $0.programs.isEmpty } >= 5)
    }
}
