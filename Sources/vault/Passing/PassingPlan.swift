// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import JSONText
import TerminalKit
import VaultInterface
import VaultModel

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

/// A capability for a program: `NAME[:RIGHTS][=FDNAME]`.
struct PassArgument: Equatable {
    let name: String
    /// `nil`: as much as may be had.
    var rights: [String]?
    /// Whether no rights were written, and it is for output: then write is asked for, or append where there is only that.
    private(set) var writesSomehow = false
    /// What the program calls it; `nil`: the name of the capability.
    let descriptorName: String?

    /// For `--stdin`.
    init(forInput argument: String) throws {
        try self.init(argument, usualRights: ["read"], takesName: false)
    }

    /// For `--stdout` and `--stderr`.
    init(forOutput argument: String) throws {
        try self.init(argument, takesName: false)
        writesSomehow = rights == nil
        if writesSomehow { rights = ["write"] }
    }

    /// - Parameter usualRights: those that are asked for when none are written.
    init(_ argument: String, usualRights: [String]? = nil, takesName: Bool = true) throws {
        let outer = argument.split(at: "=", maxSplits: 1, omittingEmpty: false)
        let inner = outer[0].split(at: ":", maxSplits: 1, omittingEmpty: false)
        name = String(inner[0])
        guard !name.isEmpty else { throw ValidationError("'\(argument)' names no capability") }
        if inner.count > 1 {
            guard let rights = Rights(argument: String(inner[1])) else {
                throw ValidationError("'\(inner[1])' are not rights; write read, write, append or use, with commas")
            }
            self.rights = rights.words
        } else {
            rights = usualRights
        }
        guard outer.count > 1 else {
            descriptorName = nil
            return
        }
        guard takesName else { throw ValidationError("'\(argument)' cannot give the descriptor a name") }
        descriptorName = String(outer[1])
        // As for the FileDescriptorName= of a unit, systemd.socket(5).
        guard (1...255).contains(outer[1].utf8.count),
            outer[1].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") })
        else {
            throw ValidationError(
                "'\(outer[1])' cannot name a descriptor; use 1 to 255 printable ASCII characters other than ':'")
        }
    }
}

/// A capability at a number: `N=NAME[:RIGHTS]`.
struct NumberedArgument: Equatable {
    let target: CInt
    let capability: PassArgument

    /// No Linux has more descriptors in a process (`sysctl_nr_open_max`).
    private static let largest: CInt = 0x7FFF_FFC0 - 1

    init(_ argument: String) throws {
        let parts = argument.split(at: "=", maxSplits: 1, omittingEmpty: false)
        guard parts.count == 2, let number = CInt(parts[0]), number >= 0, number <= Self.largest else {
            throw ValidationError(
                "'\(argument)' is not N=NAME, with the number of a descriptor, 0 to \(Self.largest), in front")
        }
        target = number
        capability = try PassArgument(String(parts[1]), takesName: false)
    }
}
