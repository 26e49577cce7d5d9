// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import TerminalKit
import VaultClient

/// What the service manager says of the system's broker, asked when the broker itself does not answer.
struct ServiceState: Equatable {
    /// The properties of systemctl(1) `show`, by unit.
    private let units: [String: [String: String]]

    /// - Parameter text: blocks of `NAME=VALUE` lines with an empty line between them, one for each unit.
    init(showing text: String) {
        var units: [String: [String: String]] = [:]
        var block: [String: String] = [:]
        for line in (text + "\n").split(at: "\n", omittingEmpty: false) {
            if line.isEmpty {
                if let unit = block["Id"] { units[unit] = block }
                block = [:]
            } else if let equals = line.utf8.firstIndex(of: UInt8(ascii: "=")) {
                block[String(line[..<equals])] = String(line[line.utf8.index(after: equals)...])
            }
        }
        self.units = units
    }

    /// What is known of a unit.
    subscript(unit: String) -> [String: String] { units[unit] ?? [:] }

    /// Why the broker does not run, and what to do; nil where the service manager knows nothing of it, or takes it for
    /// running.
    var failure: Failure? {
        let (service, socket) = (units["vaultd.service"] ?? [:], units["vaultd.socket"] ?? [:])
        guard service["LoadState"] == "loaded" else { return nil }
        // A service that cannot start takes its socket along in the end: then the service says why.
        if socket["ActiveState"] == "failed", socket["Result"] != "service-start-limit-hit" {
            return failure(
                "vaultd.socket cannot listen (\(socket["Result"] ?? "?"))",
                "journalctl -u vaultd.socket; then free the path, and \(Self.again)")
        }
        if service["ActiveState"] == "active" { return nil }
        let told = service["StatusText"] ?? ""
        if let said = Self.said(told) { return failure(said.message, said.remedy) }
        if let status = service["ExecMainStatus"].flatMap({ Int($0) }), let why = Self.beforeStart[status] {
            return failure("\(why.message) (exit status \(status))", why.remedy)
        }
        guard service["ActiveState"] == "failed" || service["SubState"] == "auto-restart" else {
            return failure("vaultd.service is \(service["ActiveState"] ?? "?")", "systemctl start vaultd.service")
        }
        return failure(
            "vaultd.service failed (\(service["Result"] ?? "?"))", "journalctl -u vaultd.service; then \(Self.again)")
    }

    private func failure(_ message: String, _ remedy: String) -> Failure {
        Failure(.unavailable, "the broker does not run: \(message)", next: remedy)
    }

    /// After several failures the manager refuses further starts until they are forgotten.
    private static let again =
        "systemctl reset-failed 'vaultd*' && systemctl restart vaultd.socket vaultd.service"

    /// What vaultd sends as its last status when it cannot start: `cannot start: MESSAGE. Try: REMEDY`.
    private static func said(_ text: String) -> (message: String, remedy: String)? {
        let (start, middle) = ("cannot start: ", ". Try: ")
        guard text.hasPrefix(start), let place = text.firstRange(of: middle) else { return nil }
        return (
            String(text[..<place.lowerBound].dropFirst(start.count)),
            "\(text[place.upperBound...]); then \(again)"
        )
    }

    /// The exit statuses of systemd.exec(5) for what goes wrong before the program runs.
    private static let beforeStart: [Int: (message: String, remedy: String)] = [
        203: ("the program that vaultd.service names cannot be run", "make install, with the PREFIX of the unit"),
        216: ("the group of vaultd.service does not exist", "systemd-sysusers, then \(again)"),
        217: ("the user of vaultd.service does not exist", "systemd-sysusers, then \(again)"),
        226: ("a directory that vaultd.service names is not there", "systemd-tmpfiles --create vaultd.conf"),
        238: ("the state directory cannot be made", "ls -ld /var/lib/vaultd; systemd-tmpfiles --create vaultd.conf"),
        243: ("a credential of vaultd.service cannot be read", "systemctl cat vaultd.service, LoadCredential="),
    ]

    /// Whether there is a systemd.
    static var canBeAsked: Bool { access("/run/systemd/system", F_OK) == 0 }

    /// Asks systemctl(1); nil where there is no systemd, or it does not answer.
    static func ask(
        _ properties: String = "Id,LoadState,ActiveState,SubState,Result,StatusText,ExecMainStatus",
        of units: [String] = ["vaultd.service", "vaultd.socket"]
    ) -> ServiceState? {
        guard canBeAsked else { return nil }
        let arguments = ["systemctl", "show", "--property=\(properties)"] + units
        for directory in ["/usr/bin", "/bin"] {
            let path = FilePath("\(directory)/systemctl")
            guard path.withPlatformString({ access($0, X_OK) }) == 0 else { continue }
            return (try? output(of: path, arguments)).flatMap { $0 }.map(ServiceState.init(showing:))
        }
        return nil
    }

    /// - Returns: nil where it failed.
    private static func output(of program: FilePath, _ arguments: [String]) throws -> String? {
        let pipe = try OwnedDescriptor.pipe()
        let child = try ChildProcess.spawn(
            program, arguments: arguments, passing: [(HeldDescriptor(pipe.writer), STDOUT_FILENO)])
        let bytes = try pipe.reader.readAll()
        return try child.wait().isSuccess ? String(decoding: bytes, as: UTF8.self) : nil
    }
}
