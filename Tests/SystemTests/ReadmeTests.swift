// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import VaultTestKit

/// The examples of the README do what they say.
@Suite struct ReadmeTests {
    @Test("Each example that is marked as runnable runs, against the policy of `make run`")
    func examples() async throws {
        let readme = try WholeFile.text(Programs.checkout.appending("README.md"))
        let examples = readme.matches(of: /```sh run\n(?<code>(?s).*?)```/).map { String($0.code) }
        #expect(!examples.isEmpty)
        var options = Daemon.Options()
        let policy = Programs.checkout.appending("Tests/Demo/run.yaml")
        options.policies = ["run.yaml": try WholeFile.text(policy)]
        options.files = ["greeting.txt": "Hello from an open file description.\n"]
        let daemon = try await Daemon.start(options)
        for example in examples {
            var command = daemon.client("/bin/bash", ["-euxo", "pipefail", "-c", example])
            command.directory = daemon.directory.path
            let result = try await command.run()
            #expect(result.status == .exited(0), "\(example)\n\(result.text)\(result.errorText)")
            #expect(!result.output.isEmpty)
        }
    }
}
