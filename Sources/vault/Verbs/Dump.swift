// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Descriptors
import Glibc
import JSONText
import TerminalKit
import VaultInterface

/// `vault dump`: a command gets all deposits at once.
struct Dump: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Run a command with all deposits that you may open.",
        discussion: """
            The command finds them as 'vault exec --pass' hands them over, from 3 on, and VAULT_DUMP has their names, numbers \
            and times as JSON, which 'vault restore' reads. The vault holds them as before.

              vault dump -- vault restore --socket /run/other/vault.sock
              vault dump 'web/**' -- sh -c 'echo "$VAULT_DUMP"'
            """)

    /// Where a command finds what it got.
    static let variable = "VAULT_DUMP"

    @OptionGroup var broker: BrokerOptions

    @Option(help: ArgumentHelp("Why, for the audit log; some rules demand it.", valueName: "text"))
    var reason: String?

    @Argument(help: "Only names that match.", completion: Completion.names)
    var pattern: String?

    @Argument(parsing: .postTerminator, help: "The program and its arguments.", completion: .default)
    var command: [String] = []

    func run() throws {
        guard let program = command.first else {
            throw Failure(.beforeCommand, "which command?", next: "vault dump -- COMMAND")
        }
        do {
            let connection = try broker.connect()
            let deposits = try DepositSet.list(connection, pattern)
            let opened = try DepositSet.open(deposits, of: connection, takes: false, reason: reason)
            let plan = try PassingPlan(
                pass: deposits.map { deposit in
                    let named = deposit.fdName.flatMap { try? PassArgument("\(deposit.name)=\($0)") }
                    return try named ?? PassArgument(deposit.name)
                })
            var launch = CommandLaunch(program: program, argumentCount: command.count)
            try launch.prepare(plan, sources: opened.takeDescriptors())
            setenv(Self.variable, DumpText.write(deposits), 1)
            throw launch.execute()
        } catch let error as Failure {
            let isOfCommand = error.status == .noCommand || error.status == .cannotRun
            throw isOfCommand ? error : Failure(.beforeCommand, error.message, next: error.next)
        }
    }
}

/// `vault restore`: what a dump handed over is deposited.
struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Deposit what 'vault dump' handed over, all of it or nothing.",
        discussion: """
            It is run by 'vault dump', or by what that runs:

              vault restore --socket /run/other/vault.sock
            """)

    @OptionGroup var broker: BrokerOptions

    @Flag(help: "Put each in the place of what is deposited under its name.")
    var replace = false

    func run() throws {
        let next = "vault dump -- vault restore --socket PATH"
        guard let text = Environment[Dump.variable] else {
            throw Failure(.usage, "\(Dump.variable) is not set: there is no dump here", next: next)
        }
        guard let deposits = DumpText.read(text) else {
            throw Failure(.usage, "\(Dump.variable) is not what 'vault dump' makes", next: next)
        }
        guard !deposits.isEmpty else { return try StandardOutput.print("holding nothing") }
        var descriptors: [HeldDescriptor] = []
        for (place, deposit) in deposits.enumerated() {
            let copy = fcntl(PassingPlan.firstListening + CInt(place), F_DUPFD_CLOEXEC, 0)
            guard copy >= 0 else {
                throw Failure(.usage, "\(deposit.name): its descriptor is not open here", next: next)
            }
            descriptors.append(HeldDescriptor(OwnedDescriptor(adopting: copy)))
        }
        try DepositSet.deposit(deposits, descriptors, replace: replace, to: broker.connect())
        try StandardOutput.print("holding \(Counted.text(deposits.count, "deposit"))")
    }
}

/// The variable of a dump.
enum DumpText {
    static func write(_ deposits: [MovedDeposit]) -> String {
        let list = deposits.enumerated().map { place, deposit in
            var object: JSONObject = [
                "name": .string(deposit.name), "fd": .integer(Int64(PassingPlan.firstListening) + Int64(place)),
            ]
            if let expires = deposit.expiresUSec { object["expiresUSec"] = .integer(Int64(expires)) }
            if let name = deposit.fdName { object["fdName"] = .string(name) }
            return JSONValue.object(object)
        }
        return JSONValue.array(list).text
    }

    /// nil: it is none, or its descriptors are not numbered from 3 on.
    static func read(_ text: String) -> [MovedDeposit]? {
        guard let list = try? JSONValue(parsing: text), let elements = list.array else { return nil }
        var deposits: [MovedDeposit] = []
        for (place, element) in elements.enumerated() {
            guard let name = element["name"]?.string, let number = element["fd"]?.integer,
                number == Int64(PassingPlan.firstListening) + Int64(place)
            else { return nil }
            deposits.append(
                MovedDeposit(
                    name: name, expiresUSec: element["expiresUSec"]?.integer.map { Int($0) },
                    fdName: element["fdName"]?.string))
        }
        return deposits
    }
}
