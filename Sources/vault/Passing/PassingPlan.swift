// SPDX-License-Identifier: Apache-2.0

import Glibc
import TerminalKit
import VaultInterface

/// What `exec` asks for, and where each descriptor goes.
struct PassingPlan: Equatable {
    struct Place: Equatable {
        let target: CInt
        /// An index into `requests`.
        let request: Int
        /// The option that asked for it, for messages.
        let option: String
    }

    /// The first descriptor that is passed by `LISTEN_FDS`, sd_listen_fds(3).
    static let firstListening: CInt = 3

    private(set) var requests: [BrokerInterface.Request] = []
    private(set) var places: [Place] = []
    /// `LISTEN_FDNAMES`, one for each descriptor from `firstListening` on.
    private(set) var listeningNames: [String] = []

    init(
        pass: [PassArgument] = [], input: PassArgument? = nil, output: PassArgument? = nil, error: PassArgument? = nil,
        numbered: [NumberedArgument] = []
    ) throws {
        for argument in pass {
            let target = Self.firstListening + CInt(listeningNames.count)
            try add(argument, at: target, "--pass \(argument.name)")
            listeningNames.append(argument.descriptorName ?? argument.name)
        }
        if let input { try add(input, at: STDIN_FILENO, "--stdin") }
        if let output { try add(output, at: STDOUT_FILENO, "--stdout") }
        if let error {
            // As in a shell's `>file 2>&1`: two descriptions of one file would overwrite each other.
            let sameAsOutput = places.first { $0.option == "--stdout" && error == output }
            try add(error, at: STDERR_FILENO, "--stderr", request: sameAsOutput?.request)
        }
        for argument in numbered { try add(argument.capability, at: argument.target, "--fd \(argument.target)") }
    }

    private mutating func add(
        _ argument: PassArgument, at target: CInt, _ option: String, request: Int? = nil
    ) throws {
        if let other = places.first(where: { $0.target == target }) {
            throw Failure(
                .beforeCommand, "\(option) and \(other.option) both go to descriptor \(target)",
                next: "another number: --pass takes \(Self.firstListening) and those that follow")
        }
        if request == nil { requests.append(.init(name: argument.name, rights: argument.rights)) }
        places.append(Place(target: target, request: request ?? requests.count - 1, option: option))
    }
}
