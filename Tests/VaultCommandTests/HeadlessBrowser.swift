// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import SystemPackage
import VaultTestKit

/// A real browser without a window, where one is installed.
struct HeadlessBrowser {
    /// Chromium, by the names that it goes by.
    static let program = ["chromium", "chromium-browser", "google-chrome"].lazy.compactMap(Command.find).first

    /// What came of opening a page.
    struct Visit {
        /// The document after everything in it has run.
        let document: String
        /// What the page wrote to the console, script errors and violations of its policy among it.
        let console: [String]
        /// What the page itself asked for, beside the file that it is.
        let requests: [String]
    }

    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    func open(_ page: FilePath) async throws -> Visit {
        let log = directory.path("net.json")
        let result = try await run(["--log-net-log=\(log)", "--dump-dom", "file://\(page)"])
        let console = result.errorText.split(separator: "\n").filter { $0.contains(":CONSOLE:") }.map(String.init)
        return Visit(
            document: result.text, console: console, requests: try Self.requests(in: directory.read("net.json")))
    }

    /// What the page looks like, as a PNG file.
    func draw(_ page: FilePath, to image: FilePath, isDark: Bool, width: Int, height: Int) async throws {
        let scheme = isDark ? ["--force-dark-mode", "--blink-settings=preferredColorScheme=0"] : []
        _ = try await run(
            scheme + [
                "--hide-scrollbars", "--window-size=\(width),\(height)", "--screenshot=\(image)", "file://\(page)",
            ])
    }

    private func run(_ arguments: [String]) async throws -> CommandResult {
        var command = Command(
            Self.program ?? "chromium",
            arguments: [
                // Root can have no sandbox; the page is our own, and whatever it asks for leads nowhere.
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
                "--user-data-dir=\(directory.path("profile"))", "--enable-logging=stderr",
            ] + arguments)
        command.environment =
            ChildProcess.currentEnvironment.filter { !$0.hasPrefix("HOME=") } + ["HOME=\(directory.path)"]
        return try await command.run()
    }

    /// The URLs that have the page for an initiator; what the browser asks for on its own account has none.
    private static func requests(in log: String) throws -> [String] {
        let events = try JSONValue(parsing: Array(log.utf8))["events"]?.array
        return (events ?? []).compactMap { event in
            guard let parameters = event["params"], let url = parameters["url"]?.string,
                let initiator = parameters["initiator"]?.string, initiator != "not an origin"
            else { return nil }
            return url.hasPrefix("file:") || url.hasPrefix("data:") ? nil : url
        }
    }
}
