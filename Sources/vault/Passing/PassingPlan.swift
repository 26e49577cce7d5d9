// SPDX-License-Identifier: Apache-2.0

import Glibc
import TerminalKit
import VaultInterface

/// What `exec` asks for, where each descriptor goes, and what tells the command of it.
struct PassingPlan: Equatable {
    struct Place: Equatable {
        let target: CInt
        /// An index into `requests`.
        let request: Int
        /// The option that asked for it, for messages.
        let option: String
    }

    /// A text with the number of a descriptor, for the command.
    struct Mention: Equatable {
        enum Form { case path, number }
        enum Location: Equatable {
            case variable(String)
            /// In the arguments, in braces.
            case word(String)
        }

        let location: Location
        let form: Form
        /// An index into `places`.
        let place: Int
    }

    /// A variable that holds what is read from a descriptor, which goes nowhere.
    struct Content: Equatable {
        let variable: String
        /// An index into `requests`.
        let request: Int
    }

    /// The first descriptor that is passed by `LISTEN_FDS`, sd_listen_fds(3).
    static let firstListening: CInt = 3

    private(set) var requests: [BrokerInterface.Request] = []
    private(set) var places: [Place] = []
    /// `LISTEN_FDNAMES`, one for each descriptor from `firstListening` on.
    private(set) var listeningNames: [String] = []
    /// Which of them nobody asked for.
    private var unasked: [Int] = []
    private(set) var mentions: [Mention] = []
    private(set) var contents: [Content] = []

    /// - Parameters:
    ///   - words: capabilities whose paths stand in the command's arguments.
    ///   - isTaken: whether a number is no place for a descriptor that nobody gave one. Inherited ones stay where they
    ///     are.
    init(
        pass: [PassArgument] = [], input: PassArgument? = nil, output: PassArgument? = nil, error: PassArgument? = nil,
        numbered: [NumberedArgument] = [], variables: [VariableArgument] = [], words: [PassArgument] = [],
        isTaken: (CInt) -> Bool = isInherited
    ) throws {
        for argument in pass {
            let target = Self.firstListening + CInt(listeningNames.count)
            try add(argument, at: target, "--pass \(argument.name)")
            if argument.descriptorName == nil { unasked.append(listeningNames.count) }
            listeningNames.append(argument.word)
        }
        if let input { try add(input, at: STDIN_FILENO, "--stdin") }
        if let output { try add(output, at: STDOUT_FILENO, "--stdout") }
        if let error {
            // As in a shell's `>file 2>&1`: two descriptions of one file would overwrite each other.
            let sameAsOutput = places.first { $0.option == "--stdout" && error == output }
            try add(error, at: STDERR_FILENO, "--stderr", request: sameAsOutput?.request)
        }
        for argument in numbered { try add(argument.capability, at: argument.target, "--fd \(argument.target)") }
        // Those that may lie anywhere come last: then it is known what is free.
        for argument in variables { try add(argument, isTaken) }
        for argument in words { try add(word: argument, isTaken) }
    }

    /// Descriptors for which no name was asked are called what their depositors call them.
    /// - Parameter given: such names, or nil, in the order of the requests, of which those of `--pass` are the first.
    mutating func name(given: [String?]) {
        for index in unasked where index < given.count {
            if let name = given[index] { listeningNames[index] = name }
        }
    }

    private mutating func add(
        _ argument: PassArgument, at target: CInt, _ option: String, request: Int? = nil
    ) throws {
        if let other = places.first(where: { $0.target == target }) {
            throw Failure(
                .beforeCommand, "\(option) and \(other.option) both go to descriptor \(target)",
                next: "another number: --pass takes \(Self.firstListening) and those that follow")
        }
        if request == nil { add(argument) }
        places.append(Place(target: target, request: request ?? requests.count - 1, option: option))
    }

    private mutating func add(_ argument: PassArgument) {
        requests.append(.init(name: argument.name, rights: argument.rights))
    }

    private mutating func add(_ argument: VariableArgument, _ isTaken: (CInt) -> Bool) throws {
        let isThere =
            mentions.contains { $0.location == .variable(argument.variable) }
            || contents.contains { $0.variable == argument.variable }
        guard !isThere else {
            throw Failure(
                .beforeCommand, "\(argument.variable) is to be set twice", next: "a variable for each capability")
        }
        if argument.value == .content {
            add(argument.capability)
            contents.append(Content(variable: argument.variable, request: requests.count - 1))
        } else {
            try add(argument.capability, at: freeNumber(isTaken), argument.option)
            mention(.variable(argument.variable), argument.value == .path ? .path : .number)
        }
    }

    private mutating func add(word argument: PassArgument, _ isTaken: (CInt) -> Bool) throws {
        guard !mentions.contains(where: { $0.location == .word(argument.word) }) else {
            throw Failure(
                .beforeCommand, "--arg \(argument.word) is there twice",
                next: "another word for one of them: --arg \(argument.name)=WORD, and {WORD} in the arguments")
        }
        try add(argument, at: freeNumber(isTaken), "--arg \(argument.word)")
        mention(.word(argument.word), .path)
    }

    /// The place that was added last has a text.
    private mutating func mention(_ location: Mention.Location, _ form: Mention.Form) {
        mentions.append(Mention(location: location, form: form, place: places.count - 1))
    }

    private func freeNumber(_ isTaken: (CInt) -> Bool) -> CInt {
        var number = Self.firstListening
        while places.contains(where: { $0.target == number }) || isTaken(number) { number += 1 }
        return number
    }

    /// Whether the command gets this number from whoever started this process. Whatever this process has opened itself
    /// is close-on-exec.
    static func isInherited(_ number: CInt) -> Bool {
        let flags = fcntl(number, F_GETFD)
        return flags >= 0 && flags & FD_CLOEXEC == 0
    }
}
