// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import VaultTestKit

/// The log of a daemon that has ended, as a script reads it that knows only the documented formats.
enum StoredLog {
    private static let script = Programs.checkout.appending("Tests/SystemTests/Scripts/check_ledger.py")

    /// Checks that the tree is whole, that each grant has a fate, and that each descriptor that was received has its
    /// record.
    /// - Parameter received: for each user lines of `record name`.
    static func check(_ daemon: Daemon, received: [UInt32: String] = [:]) async throws {
        let python = try #require(Programs.python)
        var arguments = [script.string, daemon.state.string]
        for (uid, lines) in received {
            arguments.append("\(uid)=\(try daemon.directory.write(lines, to: "received-\(uid)"))")
        }
        let result = try await Command(python, arguments: arguments).run()
        #expect(result.status == .exited(0), "\(result.errorText)\(result.text)")
    }
}
