// SPDX-License-Identifier: Apache-2.0

internal import JSONText
package import SystemPackage

/// Why a verb did not do what it was asked: what is wrong, what to try, and the exit status that says which kind it is.
package struct Failure: Error, Equatable {
    package enum Status: Int32, Sendable {
        /// Denied, or there is no such thing.
        case refused = 1
        /// The command line is wrong.
        case usage = 2
        /// The broker or its log is unavailable.
        case unavailable = 3
        /// The operating system said no.
        case system = 4
        /// What was checked is not what it should be.
        case unverified = 5
        /// The place to go on from is not in the log any more.
        case lost = 6
        /// `exec`: the vault's part failed.
        case beforeCommand = 125
        /// `exec`: the command was found and cannot be run.
        case cannotRun = 126
        /// `exec`: the command was not found.
        case noCommand = 127
    }

    package var status: Status
    /// What is wrong, in one line without a full stop.
    package var message: String
    /// The next step: what stands behind `Try: `. If it is empty, that is the help of the verb.
    package var next: String
    /// Lines that stand before the two, where several things are wrong. Escaped already.
    package var details = ""
    /// Whether the rules are why.
    package var isDenial = false
    /// The parameter that the broker does not accept, where it said so.
    package var parameter: String?

    package init(_ status: Status, _ message: String, next: String, details: String = "") {
        self.status = status
        self.message = message
        self.next = next
        self.details = details
    }

    /// The two lines for standard error. Whatever came from elsewhere is escaped here.
    package func text(verb: String) -> String {
        let name = ProgramName.own
        let subject = verb.isEmpty ? name : "\(name): \(verb.escaped)"
        let remedy = next.isEmpty ? "vault \(verb.isEmpty ? "" : "\(verb) ")--help" : next
        return "\(details)\(subject): \(message.escaped)\nTry: \(ProgramName.told(remedy).escaped)\n"
    }
}

extension Failure: CustomStringConvertible {
    package var description: String { message }
}

extension Failure {
    /// A message of several lines on one. A list, as ArgumentParser tells the values of an option, gets commas.
    package static func line(_ message: String) -> String {
        var line = ""
        var isList = false
        for words in message.split(at: "\n").map({ $0.split(at: " ") }) where !words.isEmpty {
            let isElement = words[0] == "-"
            line += line.isEmpty ? "" : isElement && isList ? ", " : " "
            line += words.dropFirst(isElement ? 1 : 0).joined(separator: " ")
            isList = isElement
        }
        return line
    }

    /// What the operating system said, with status `system`.
    /// - Parameter subject: what it is about, such as a path.
    package init(_ subject: String, _ error: Errno, next: String) {
        self.init(.system, "\(subject): \(error.description)", next: next)
    }

    /// The same of something to be done.
    package static func system<Value: ~Copyable>(
        _ subject: @autoclosure () -> String, next: @autoclosure () -> String, _ body: () throws(Errno) -> Value
    ) throws(Failure) -> Value {
        do {
            return try body()
        } catch {
            throw Failure(subject(), error, next: next())
        }
    }
}
