// SPDX-License-Identifier: Apache-2.0

import DaemonSettings
import Glibc
import PolicyFiles
import TerminalKit
import VaultModel

/// Every setting of the daemon with where it came from: a flag, a variable, the file, or the default.
struct Settings {
    /// A value and its origin, as `--check` prints it.
    struct Value<Kind> {
        var value: Kind
        var origin: String
    }

    let flags: Vaultd
    let configurationFile: Value<String?>
    let configuration: DaemonConfiguration
    /// nil when no directory was named and the default is not there.
    let policies: Value<String?>
    /// The default directory, while it is not there: once it is, a reload reads it.
    let missingPolicies: String?
    /// The user to whom the first start gives every right: root for the system's vault, else whoever starts it. Taken
    /// before `run-as` makes the process somebody else.
    let owner: UInt32
    private let usual: Places

    init(_ flags: Vaultd) throws {
        self.flags = flags
        owner = flags.system ? 0 : geteuid()
        usual = Places(isSystem: owner == 0)
        configurationFile = Self.file(flags, usual)
        try Self.checkConfiguration(configurationFile)
        configuration = try Self.read(configurationFile.value)
        let directory = Self.chosen(
            flags.policies, "policies", "VAULTD_POLICIES", configuration.policies, usual.policies)
        let isMissing = directory.origin == "default" && access(directory.value, F_OK) != 0
        missingPolicies = isMissing ? directory.value : nil
        policies = Value(value: isMissing ? nil : directory.value, origin: directory.origin)
        try checkPaths()
        try checkTogether()
    }

    var socket: Value<String> {
        Self.chosen(flags.socket, "socket", "VAULT_SOCKET", configuration.socket.path, usual.socket)
    }
    var state: Value<String> { Self.chosen(flags.state, "state", "VAULTD_STATE", configuration.state, usual.state) }
    var notifySocket: Value<DaemonConfiguration.NotifySocket?> {
        let setting = configuration.notifySocket
        return Value(value: setting, origin: Self.origin(of: setting?.path))
    }
    /// Where numbers are collected; nil: nowhere, unless the service manager hands a socket over for that.
    var metricsSocket: Value<DaemonConfiguration.MetricsSocket?> { chosen(configuration.metricsSocket) }
    var socketMode: Value<UInt32> { chosen(configuration.socket.mode, 0o666) }
    /// Where clients of s6-fdholderd connect; nil: nowhere, unless the service manager hands a socket over for them.
    var s6Socket: Value<String?> { chosen(configuration.s6Socket.path) }
    var s6SocketMode: Value<UInt32> { chosen(configuration.s6Socket.mode, 0o666) }
    var s6Prefix: Value<String> { chosen(configuration.s6Socket.prefix, "s6") }
    /// Where service managers read credentials; nil: nowhere, unless the service manager hands a socket over for them.
    var credentialsSocket: Value<String?> { chosen(configuration.credentialsSocket.path) }
    /// Whoever may connect can only be told what is permitted to it; but service managers are all who have to.
    var credentialsSocketMode: Value<UInt32> { chosen(configuration.credentialsSocket.mode, 0o600) }
    var credentialNames: Value<String> {
        let setting = configuration.credentialsSocket.names
        return Value(value: setting?.value.template ?? CredentialNames.usual, origin: Self.origin(of: setting))
    }
    var runAs: Value<String?> { chosen(configuration.runAs) }
    var openerRoots: Value<[String]> { chosen(configuration.opener.roots, ["/"]) }
    var openerTimeoutUSec: Value<Int64> { chosen(configuration.opener.timeoutUSec, 5_000_000) }
    var openerWorkers: Value<Int> { chosen(configuration.opener.workers, 4) }
    var helpers: Value<[String]> { chosen(configuration.opener.helpers, []) }
    var helperUser: Value<String?> { chosen(configuration.opener.helperUser) }
    var checkpointRecords: Value<Int> { chosen(configuration.audit.checkpointRecords, 1000) }
    var checkpointEveryUSec: Value<Int64> { chosen(configuration.audit.checkpointEveryUSec, 10_000_000) }
    /// The name of a log that begins now; one that has a name keeps it.
    var logOrigin: Value<String> { chosen(configuration.audit.origin, "\(Self.hostName())/audit") }
    /// What records tell of every caller, beside what they tell in any case.
    var recordedFacts: Value<[DaemonConfiguration.Audit.Fact]> { chosen(configuration.audit.facts, []) }

    /// What the file says, else what is usual.
    func chosen<Kind>(_ setting: Setting<Kind>?, _ usual: Kind) -> Value<Kind> {
        Value(value: setting?.value ?? usual, origin: Self.origin(of: setting))
    }

    private func chosen<Kind>(_ setting: Setting<Kind>?) -> Value<Kind?> {
        Value(value: setting?.value, origin: Self.origin(of: setting))
    }

    private static func chosen(
        _ flag: String?, _ name: String, _ variable: String, _ setting: Setting<String>?, _ usual: String
    ) -> Value<String> {
        if let flag { return Value(value: flag, origin: "--\(name)") }
        if let value = Environment[variable] { return Value(value: value, origin: "$\(variable)") }
        return Value(value: setting?.value ?? usual, origin: origin(of: setting))
    }

    /// Where a setting of the file stands; `default` for one that is not there.
    private static func origin<Kind>(of setting: Setting<Kind>?) -> String {
        setting.map { "\($0.place.path):\($0.place.line)" } ?? "default"
    }

    /// What is wrong only in combination.
    private func checkTogether() throws {
        guard runAs.value != nil else { return }
        if openerRoots.origin == "default" {
            throw StartFailure(
                message: "run-as (\(runAs.origin)) needs opener.roots",
                remedy: "name the directories beneath which files may be opened, as in opener: { roots: [/srv] }",
                isUsage: true)
        }
    }

    private static func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0, name[0] != 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func file(_ flags: Vaultd, _ usual: Places) -> Value<String?> {
        if let path = flags.config { return Value(value: path, origin: "--config") }
        if let path = Environment["VAULTD_CONFIG"] { return Value(value: path, origin: "$VAULTD_CONFIG") }
        return Value(value: access(usual.configuration, F_OK) == 0 ? usual.configuration : nil, origin: "default")
    }

    private static func read(_ path: String?) throws -> DaemonConfiguration {
        guard let path else { return DaemonConfiguration() }
        let file: PolicyFile
        do {
            file = try PolicyFile.read(path)
        } catch {
            throw StartFailure(message: "\(path): \(error.message)", remedy: error.remedy, isUsage: true)
        }
        let (configuration, problems) = DaemonConfiguration.read(path: path, text: file.text)
        for problem in problems { StandardOutput.writeErrorLine(problem.text(source: file.text)) }
        guard !problems.contains(where: { $0.severity == .error }) else {
            throw StartFailure(
                message: "\(path) has errors", remedy: "mend them, and look again with `vaultd --check`", isUsage: true)
        }
        return configuration
    }
}

/// Where things lie unless something else is said.
struct Places {
    var socket: String
    var state: String
    var configuration: String
    var policies: String

    init(isSystem: Bool) {
        guard !isSystem else {
            socket = "/run/vaultd/vault.sock"
            state = "/var/lib/vaultd"
            configuration = "/etc/vaultd/vaultd.yaml"
            policies = "/etc/vaultd/policies"
            return
        }
        let home = Environment["HOME"] ?? "/"
        let runtime = Environment["XDG_RUNTIME_DIR"] ?? "/run/user/\(geteuid())"
        let settings = Environment["XDG_CONFIG_HOME"] ?? "\(home)/.config"
        socket = "\(runtime)/vaultd/vault.sock"
        state = "\(Environment["XDG_STATE_HOME"] ?? "\(home)/.local/state")/vaultd"
        configuration = "\(settings)/vaultd/vaultd.yaml"
        policies = "\(settings)/vaultd/policies"
    }
}
