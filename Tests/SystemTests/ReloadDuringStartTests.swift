// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// SIGHUP at any point of a start: the daemon starts, and what lay in the directory then is in force.
@Suite struct ReloadDuringStartTests {
    private static func policy(_ id: String) -> String {
        "vault: 1\nrules: [ { id: \(id), permit: [open], capability: x, to: { uid: \(StandardVault.reader) } } ]\n"
    }

    /// A start during which, after the time in the file `pause`, the directory changes and the signal comes.
    private static var options: Daemon.Options {
        var options = StandardVault.options
        // Before its first instruction nothing can be remembered: there the signal is not to end it.
        let script = """
            trap '' HUP
            if test -s @DIRECTORY@/pause; then
              { sleep "$(cat @DIRECTORY@/pause)"; mv @DIRECTORY@/next @DIRECTORY@/policies/p.yaml; kill -HUP $$; } 3>&- &
            fi
            exec "$0" "$@"
            """
        options.prefix = ["sh", "-c", script]
        options.policies["p.yaml"] = policy("first")
        return options
    }

    @Test("What changes during a start, with a signal, is in force soon after it")
    func signalled() async throws {
        let daemon = try await Daemon.start(Self.options)
        let count = Soak.count(20, full: 200)
        for number in 0..<count {
            try await daemon.terminate()
            try daemon.writePolicy(Self.policy("before-\(number)"), to: "p.yaml")
            try daemon.directory.write(Self.policy("after-\(number)"), to: "next", mode: 0o644)
            // From the first instruction of the daemon to behind its readiness.
            let pause = 0.02 + 0.25 * Double(number) / Double(count)
            try daemon.directory.write("\(pause)\n", to: "pause", mode: 0o644)
            try await daemon.start()
            try await waitUntil("after-\(number) to be in force, \(pause) s", limit: .seconds(10)) {
                try await daemon.vault("rules").text.contains("after-\(number) ")
            }
        }
        #expect(try await daemon.terminate() == .exited(0))
    }
}
