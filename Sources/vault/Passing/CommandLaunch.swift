// SPDX-License-Identifier: Apache-2.0

import BasicContainers
import Descriptors
import Glibc
import SystemPackage
import TerminalKit

/// The last steps of `exec`: descriptors to their numbers, the environment, and `execvp(3)`.
struct CommandLaunch {
    let program: String
    /// The program itself counted.
    let argumentCount: Int
    /// Our standard error, where messages still have to go when its number belongs to the command.
    private var savedError: HeldDescriptor?
    /// What takes the place of words in the arguments.
    var words: [(word: String, text: String)] = []

    init(program: String, argumentCount: Int) {
        self.program = program
        self.argumentCount = argumentCount
    }

    /// - Parameter sources: a descriptor for each request of the plan.
    mutating func prepare(_ plan: PassingPlan, sources: consuming UniqueArray<OwnedDescriptor>) throws(Failure) {
        if plan.places.contains(where: { $0.target == STDERR_FILENO }) {
            // Without standard error there is nothing to save, and nobody to tell.
            savedError = try? HeldDescriptor(
                DescriptorPlacement.copy(of: StandardDescriptor.error, outside: Set(plan.places.map(\.target))))
        }
        do throws(Failure) {
            try place(plan, sources)
            announce(plan.listeningNames)
            for mention in plan.mentions { try tell(mention, plan) }
        } catch {
            restoreError()
            throw error
        }
    }

    private func place(_ plan: PassingPlan, _ sources: consuming UniqueArray<OwnedDescriptor>) throws(Failure) {
        let placements = plan.places.map { DescriptorPlacement(target: $0.target, source: $0.request) }
        do throws(DescriptorPlacement.Problem) {
            try DescriptorPlacement.carryOut(placements, of: sources)
        } catch {
            let option = plan.places.first { $0.target == error.target }?.option ?? "descriptor \(error.target)"
            throw Failure(
                .beforeCommand, "\(option): \(error.error.description)",
                next: "lower numbers, or a higher limit: ulimit -n")
        }
    }

    /// The variables of sd_listen_fds(3); old ones, which were meant for somebody else, go.
    private func announce(_ names: [String]) {
        Self.forgetListening()
        guard !names.isEmpty else { return }
        setenv("LISTEN_FDS", String(names.count), 1)
        // It stays the process's number when it becomes the command.
        setenv("LISTEN_PID", String(getpid()), 1)
        setenv("LISTEN_FDNAMES", names.joined(separator: ":"), 1)
        if let pidfd = try? ProcessDescriptor.open(getpid()), let inode = try? ProcessDescriptor.inode(of: pidfd) {
            setenv("LISTEN_PIDFDID", String(inode), 1)
        }
    }

    static func forgetListening() {
        for name in VariableArgument.listening { unsetenv(name) }
    }

    private mutating func tell(_ mention: PassingPlan.Mention, _ plan: PassingPlan) throws(Failure) {
        let place = plan.places[mention.place]
        let text =
            switch mention.form {
            case .number: String(place.target)
            case .path: try DescriptorPath.opening(place.target, place.option, plan.requests[place.request].name)
            }
        switch mention.location {
        case .variable(let name): setenv(name, text, 1)
        case .word(let word): words.append((word, text))
        }
    }

    /// Its arguments, with what takes the place of words.
    func arguments() -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        // The command is the end of our own arguments. These are their bytes, which need not be UTF-8.
        let arguments = CommandLine.unsafeArgv + (Int(CommandLine.argc) - argumentCount)
        if !words.isEmpty {
            for index in 1..<max(argumentCount, 1) {
                guard let argument = arguments[index] else { break }
                let bytes = Array(UnsafeBufferPointer(start: argument, count: strlen(argument))).map(
                    UInt8.init(bitPattern:))
                let replaced = ArgumentWords.replaced(bytes, words)
                // A failure to become the command ends the process; nobody frees it before.
                if replaced != bytes { arguments[index] = (replaced + [0]).withUnsafeBytes(Self.copy) }
            }
        }
        return arguments
    }

    /// Becomes the command.
    /// - Returns: why that was not possible; it does not return otherwise.
    func execute() -> Failure {
        let arguments = arguments()
        // There is one, or there would be no launch.
        execvp(arguments[0]!, arguments)
        let error = Errno(rawValue: errno)
        restoreError()
        return Self.failure(program, error)
    }

    /// That a command could not be run.
    static func failure(_ program: String, _ error: Errno) -> Failure {
        Failure(
            error == .noSuchFileOrDirectory ? .noCommand : .cannotRun, "\(program): \(error.description)",
            next: "command -v \(program)")
    }

    private static func copy(_ text: UnsafeRawBufferPointer) -> UnsafeMutablePointer<CChar>? {
        text.baseAddress.flatMap { strdup($0.assumingMemoryBound(to: CChar.self)) }
    }

    private func restoreError() {
        savedError?.withUnsafeNumber { dup2($0, STDERR_FILENO) }
    }
}
