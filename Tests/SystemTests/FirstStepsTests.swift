// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing
import VaultTestKit

/// What the page for each role says to do first, done.
@Suite struct FirstStepsTests {
    @Test("Every block of the first steps runs, one after the other")
    func runs() async throws {
        let page = try WholeFile.text(
            Programs.checkout.appending("Sources/VaultClient/VaultClient.docc/FirstSteps.md"))
        let blocks = page.matches(of: /```sh run\n(?<code>(?s).*?)```/).map { String($0.code) }
        #expect(blocks.count > 8)
        var options = Daemon.Options()
        options.files = ["access.log": "one line of a log\n"]
        let daemon = try await Daemon.start(options)
        for block in blocks {
            // The places of a system are those of this broker.
            let code = block.replacing("/etc/vaultd/policies", with: daemon.policies.string)
                .replacing("/var/log/web/access.log", with: daemon.directory.path("access.log").string)
            var command = daemon.client("/bin/bash", ["-euo", "pipefail", "-c", code])
            command.directory = daemon.directory.path
            let result = try await command.run()
            #expect(result.status == .exited(0), "\(code)\n\(result.text)\(result.errorText)")
            #expect(!result.output.isEmpty, "\(code)")
        }
        #expect(try await daemon.vault("audit", "list", "--type", "grant").text.contains("logs/web/access (read)"))
        #expect(try daemon.directory.read("report.html").hasSuffix("</html>\n"))
    }
}
