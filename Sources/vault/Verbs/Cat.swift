// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import TerminalKit
import VaultInterface

/// `vault cat`: descriptors, copied to standard output.
struct Cat: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Copy what is behind names to standard output.",
        discussion: """
            The names are asked for together: with one that is denied nothing is printed.

              vault cat logs/web/access | grep ' 500 '
              vault cat secrets/db --reason 'ticket 4711'
            """)

    @OptionGroup var broker: BrokerOptions

    @Option(help: ArgumentHelp("Why, for the audit log; some rules demand it.", valueName: "text"))
    var reason: String?

    @Argument(help: "The capabilities.", completion: CapabilityNames.completion)
    var names: [String]

    func run() throws {
        let opened = try broker.connect().open(names.map { .init(name: $0, rights: ["read"]) }, reason: reason)
        for index in names.indices {
            do throws(DescriptorCopy.Problem) {
                try opened.copy(index, to: .output)
            } catch {
                throw Self.failure(names[index], error)
            }
        }
    }

    private static func failure(_ name: String, _ problem: DescriptorCopy.Problem) -> Failure {
        switch problem {
        case .reading(let error):
            Failure(name, error, next: "vault show \(name)")
        case .writing(let error):
            Failure("standard output", error, next: StandardOutput.remedy)
        case .sameFile:
            Failure(.usage, "\(name): input file is output file", next: "another file for the output")
        }
    }
}
