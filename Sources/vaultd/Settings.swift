// SPDX-License-Identifier: Apache-2.0

import DaemonSettings
import Glibc
import PolicyFiles
import TerminalKit

/// Every setting of the daemon with where it came from: a flag, a variable, the file, or the default.
struct Settings {
    /// A value and its origin, as `--check` prints it.
    struct Value<Kind> {
        var value: Kind
        var origin: String
    }

    var flags: Flags
    var environment: Environment
    var configurationFile: Value<String?>
    var configuration: DaemonConfiguration
    var socket: Value<String>
    var socketMode: Value<UInt32>
    var state: Value<String>
    /// nil when no directory was named and the default is not there.
    var policies: Value<String?>
    /// The default directory, while it is not there: once it is, a reload reads it.
    var missingPolicies: String?
    var runAs: Value<String?>
    var openerRoots: Value<[String]>
    var openerTimeoutUSec: Value<Int64>
    var openerWorkers: Value<Int>
    var helpers: Value<[String]>
    var helperUser: Value<String?>
    var checkpointRecords: Value<Int>
    var checkpointEveryUSec: Value<Int64>
    /// The name of a log that begins now; one that has a name keeps it.
    var logOrigin: Value<String>
    /// What records tell of every caller, beside what they tell in any case.
    let recordedFacts: Value<[DaemonConfiguration.Audit.Fact]>
    /// The user to whom the first start gives every right: root for the system's vault, else whoever starts it. Taken
    /// before `run-as` makes the process somebody else.
    let owner: UInt32

    init(_ flags: Flags, environment: Environment) throws {
        self.flags = flags
        self.environment = environment
        owner = flags.system ? 0 : geteuid()
        let places = Places(environment: environment, isSystem: owner == 0)
        configurationFile = Self.file(flags, environment, places)
        try Self.checkConfiguration(configurationFile)
        configuration = try Self.read(configurationFile.value)
        let file = configuration
        let path = configurationFile.value ?? ""

        func choose(_ flag: String?, _ name: String, _ variable: String, _ setting: Setting<String>?, _ usual: String)
            -> Value<String>
        {
            if let flag { return Value(value: flag, origin: "--\(name)") }
            if let value = environment[variable] { return Value(value: value, origin: "$\(variable)") }
            if let setting { return Value(value: setting.value, origin: "\(path):\(setting.place.line)") }
            return Value(value: usual, origin: "default")
        }
        func choose<Kind>(_ setting: Setting<Kind>?, _ usual: Kind) -> Value<Kind> {
            setting.map { Value(value: $0.value, origin: "\(path):\($0.place.line)") }
                ?? Value(value: usual, origin: "default")
        }
        socket = choose(flags.socket, "socket", "VAULT_SOCKET", file.socket.path, places.socket)
        state = choose(flags.state, "state", "VAULTD_STATE", file.state, places.state)
        let directory = choose(flags.policies, "policies", "VAULTD_POLICIES", file.policies, places.policies)
        let isMissing = directory.origin == "default" && access(directory.value, F_OK) != 0
        missingPolicies = isMissing ? directory.value : nil
        policies = Value(value: isMissing ? nil : directory.value, origin: directory.origin)
        socketMode = choose(file.socket.mode, 0o666)
        runAs =
            file.runAs.map { Value(value: $0.value, origin: "\(path):\($0.place.line)") }
            ?? Value(value: nil, origin: "default")
        openerRoots = choose(file.opener.roots, ["/"])
        openerTimeoutUSec = choose(file.opener.timeoutUSec, 5_000_000)
        openerWorkers = choose(file.opener.workers, 4)
        helpers = choose(file.opener.helpers, [])
        helperUser =
            file.opener.helperUser.map { Value(value: $0.value, origin: "\(path):\($0.place.line)") }
            ?? Value(value: nil, origin: "default")
        checkpointRecords = choose(file.audit.checkpointRecords, 1000)
        checkpointEveryUSec = choose(file.audit.checkpointEveryUSec, 10_000_000)
        recordedFacts = choose(file.audit.facts, [])
        logOrigin = choose(file.audit.origin, "\(Self.hostName())/audit")
        try checkPaths()
        try checkTogether()
    }

    /// Where a setting of the file stands; `default` for one that is not there.
    func origin<Kind>(of setting: Setting<Kind>?) -> String {
        setting.map { "\(configurationFile.value ?? ""):\($0.place.line)" } ?? "default"
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

    private static func file(_ flags: Flags, _ environment: Environment, _ places: Places) -> Value<String?> {
        if let path = flags.config { return Value(value: path, origin: "--config") }
        if let path = environment["VAULTD_CONFIG"] { return Value(value: path, origin: "$VAULTD_CONFIG") }
        return Value(value: access(places.configuration, F_OK) == 0 ? places.configuration : nil, origin: "default")
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

    init(environment: Environment, isSystem: Bool) {
        guard !isSystem else {
            socket = "/run/vaultd/vault.sock"
            state = "/var/lib/vaultd"
            configuration = "/etc/vaultd/vaultd.yaml"
            policies = "/etc/vaultd/policies"
            return
        }
        let home = environment["HOME"] ?? "/"
        let runtime = environment["XDG_RUNTIME_DIR"] ?? "/run/user/\(geteuid())"
        let settings = environment["XDG_CONFIG_HOME"] ?? "\(home)/.config"
        socket = "\(runtime)/vaultd/vault.sock"
        state = "\(environment["XDG_STATE_HOME"] ?? "\(home)/.local/state")/vaultd"
        configuration = "\(settings)/vaultd/vaultd.yaml"
        policies = "\(settings)/vaultd/policies"
    }
}
