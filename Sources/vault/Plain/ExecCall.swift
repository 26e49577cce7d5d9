// SPDX-License-Identifier: Apache-2.0

import TerminalKit
import VaultClient
import VaultInterface

/// What `vault exec` was asked for.
struct ExecCall: Equatable {
    var broker: BrokerLocation
    var pass: [PassArgument] = []
    var stdin: PassArgument?
    var stdout: PassArgument?
    var stderr: PassArgument?
    var fd: [NumberedArgument] = []
    var reason: String?
    var command: [String]
}

extension ExecCall {
    private static let options: Set = [
        "--socket", "--reason", "--pass", "--stdin", "--stdout", "--stderr", "--fd",
    ]

    init?(plain words: ArraySlice<String>) {
        guard let words = PlainWords(words, options: Self.options, switches: ["--user"]), words.others.isEmpty,
            let command = words.rest
        else { return nil }
        do {
            self.init(
                broker: try words.broker(),
                pass: try (words.values["--pass"] ?? []).map { try PassArgument($0) },
                stdin: try words.single("--stdin").map { try PassArgument(forInput: $0) },
                stdout: try words.single("--stdout").map { try PassArgument(forOutput: $0) },
                stderr: try words.single("--stderr").map { try PassArgument(forOutput: $0) },
                fd: try (words.values["--fd"] ?? []).map { try NumberedArgument($0) },
                reason: try words.single("--reason"), command: command)
        } catch {
            return nil
        }
    }

    func run() throws {
        guard let program = command.first else {
            throw Failure(.beforeCommand, "which command?", next: "vault exec --pass NAME -- COMMAND")
        }
        let plan: PassingPlan
        let opened: OpenedCapabilities
        do {
            // Refused before anything is asked for.
            _ = try PassingPlan(pass: pass, input: stdin, output: stdout, error: stderr, numbered: fd)
            (plan, opened) = try open()
        } catch let error as Failure {
            throw Failure(.beforeCommand, error.message, next: error.next)
        }
        var launch = CommandLaunch(program: program, argumentCount: command.count)
        try launch.place(plan, sources: opened.takeDescriptors())
        launch.announce(plan.listeningNames)
        throw launch.execute()
    }

    /// Asks for all of them. The connection is gone when this returns.
    private func open() throws -> (plan: PassingPlan, opened: OpenedCapabilities) {
        let needsBroker = !pass.isEmpty || stdin != nil || stdout != nil || stderr != nil || !fd.isEmpty
        let connection = needsBroker ? try BrokerConnection(broker) : nil
        let plan = try PassingPlan(
            pass: pass, input: stdin, output: try settled(stdout, connection), error: try settled(stderr, connection),
            numbered: fd)
        guard let connection else { return (plan, OpenedCapabilities()) }
        return (plan, try connection.open(plan.requests, reason: reason))
    }

    /// Which right to write there is.
    private func settled(_ argument: PassArgument?, _ connection: BrokerConnection?) throws -> PassArgument? {
        guard var argument, argument.writesSomehow, let connection else { return argument }
        let has = try connection.call(BrokerInterface.Describe.self, .init(name: argument.name)).capability.rights
        if !has.contains("write"), has.contains("append") { argument.rights = ["append"] }
        return argument
    }
}
