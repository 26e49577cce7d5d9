// SPDX-License-Identifier: Apache-2.0

import Descriptors
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
    /// Those of `--env`, then those of `--env-fd` and `--env-content`.
    var variables: [VariableArgument] = []
    var arg: [PassArgument] = []
    /// Only of a parent that stays, as is the notifying.
    var links: [LinkArgument] = []
    var onRenew: OnRenew?
    var notify = false
    var reason: String?
    var command: [String]
}

extension ExecCall {
    private static let options: Set = [
        "--socket", "--reason", "--pass", "--stdin", "--stdout", "--stderr", "--fd", "--env", "--env-fd",
        "--env-content", "--arg", "--link", "--on-renew",
    ]

    init?(plain words: ArraySlice<String>) {
        guard let words = PlainWords(words, options: Self.options, switches: ["--user", "--notify"]),
            words.others.isEmpty, let command = words.rest
        else { return nil }
        do {
            self.init(
                broker: try words.broker(),
                pass: try (words.values["--pass"] ?? []).map { try PassArgument($0) },
                stdin: try words.single("--stdin").map { try PassArgument(forInput: $0) },
                stdout: try words.single("--stdout").map { try PassArgument(forOutput: $0) },
                stderr: try words.single("--stderr").map { try PassArgument(forOutput: $0) },
                fd: try (words.values["--fd"] ?? []).map { try NumberedArgument($0) },
                variables: try (words.values["--env"] ?? []).map { try VariableArgument(path: $0) }
                    + (words.values["--env-fd"] ?? []).map { try VariableArgument(number: $0) }
                    + (words.values["--env-content"] ?? []).map { try VariableArgument(content: $0) },
                arg: try (words.values["--arg"] ?? []).map { try PassArgument(forWord: $0) },
                links: try (words.values["--link"] ?? []).map { try LinkArgument($0) },
                onRenew: try words.single("--on-renew").map { try OnRenew($0) },
                notify: words.switches.contains("--notify"),
                reason: try words.single("--reason"), command: command)
        } catch {
            return nil
        }
    }

    func run() throws {
        guard let program = command.first else {
            throw Failure(.beforeCommand, "which command?", next: "vault exec --pass NAME -- COMMAND")
        }
        if let onRenew { return try StayingCommand(self, onRenew).run() }
        guard links.isEmpty, !notify else {
            throw Failure(
                .beforeCommand, "\(notify ? "--notify" : "--link") belongs to a parent that stays",
                next: "--on-renew HUP beside it")
        }
        var plan: PassingPlan
        let opened: OpenedCapabilities
        do {
            let first = try makePlan()
            // Refused before anything is asked for.
            try check(first)
            (plan, opened) = try open(first)
            plan.name(given: opened.grants.map(\.fdName))
            for content in plan.contents { try opened.set(content) }
        } catch let error as Failure {
            throw Failure(.beforeCommand, error.message, next: error.next)
        }
        var launch = CommandLaunch(program: program, argumentCount: command.count)
        try launch.prepare(plan, sources: opened.takeDescriptors())
        throw launch.execute()
    }

    func makePlan() throws -> PassingPlan {
        try PassingPlan(
            pass: pass, input: stdin, output: stdout, error: stderr, numbered: fd, variables: variables, words: arg)
    }

    /// What can be known to fail without asking anybody.
    func check(_ plan: PassingPlan) throws(Failure) {
        if let word = ArgumentWords.missing(arg.map(\.word), in: command.dropFirst()) {
            throw Failure(
                .beforeCommand, "--arg \(word): no argument of \(command[0]) has {\(word)}",
                next: "{\(word)} where its path is to stand, in quotes if the shell would expand it")
        }
        guard let largest = plan.places.max(by: { $0.target < $1.target }),
            let limit = try? ResourceLimits.openFiles().soft, largest.target >= limit
        else { return }
        throw Failure(
            .beforeCommand,
            "\(largest.option): there is no descriptor \(largest.target) where the limit of open files is \(limit)",
            next: "lower numbers, fewer capabilities, or a higher limit: ulimit -n")
    }

    /// Asks for all of them. The connection is gone when this returns.
    private func open(_ plan: PassingPlan) throws -> (plan: PassingPlan, opened: OpenedCapabilities) {
        guard !plan.requests.isEmpty else { return (plan, OpenedCapabilities()) }
        let connection = try BrokerConnection(broker)
        var call = self
        call.stdout = try settled(stdout, connection)
        call.stderr = try settled(stderr, connection)
        let settled = call == self ? plan : try call.makePlan()
        return (settled, try connection.open(settled.requests, reason: reason))
    }

    /// Which right to write there is.
    private func settled(_ argument: PassArgument?, _ connection: BrokerConnection) throws -> PassArgument? {
        guard var argument, argument.writesSomehow else { return argument }
        let has = try connection.call(BrokerInterface.Describe.self, .init(name: argument.name)).capability.rights
        if !has.contains("write"), has.contains("append") { argument.rights = ["append"] }
        return argument
    }
}
