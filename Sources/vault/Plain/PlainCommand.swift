// SPDX-License-Identifier: Apache-2.0

import Glibc
import TerminalKit
import VaultClient
import VaultInterface

/// A command line of those that scripts run a thousand times, in their plain spelling, read without ArgumentParser: to
/// find out which options there are it needs three quarters of the instructions of such a process.
///
/// What a verb has for options is said by its `ParsableCommand`, and only there. Whatever is not plain, or wrong, or
/// asks for more, is `nil` here and left to it; what both read they read alike (PlainCommandTests).
enum PlainCommand: Equatable {
    case help
    case version
    case cat(CatCall)
    case exec(ExecCall)

    init?(_ arguments: [String]) {
        switch arguments.first {
        case "--help" where arguments.count == 1, "-h" where arguments.count == 1: self = .help
        case "--version" where arguments.count == 1: self = .version
        case "cat":
            guard let call = CatCall(plain: arguments.dropFirst()) else { return nil }
            self = .cat(call)
        case "exec":
            guard let call = ExecCall(plain: arguments.dropFirst()) else { return nil }
            self = .exec(call)
        default: return nil
        }
    }

    /// Whether this way can do it; otherwise the other one.
    var isPossible: Bool { self != .help || HelpText.fits }

    func run() throws {
        switch self {
        case .help: try StandardOutput.write(HelpText.bytes)
        case .version: try StandardOutput.print(Release.version)
        case .cat(let call): try call.run()
        case .exec(let call): try call.run()
        }
    }
}

/// The text of `vault --help`, as ArgumentParser formats it for eighty columns (`make help-text`).
enum HelpText {
    static var bytes: [UInt8] { PackageResources.help_txt }

    /// Whether eighty columns are what ArgumentParser would format for.
    static var fits: Bool {
        guard getenv("COLUMNS") == nil, ProgramName.own == "vault" else { return false }
        var size = winsize()
        return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) != 0 || size.ws_col == 0 || size.ws_col == 80
    }
}

/// Words that are options with a value, switches, or neither, in front of `--`.
struct PlainWords {
    private(set) var values: [String: [String]] = [:]
    private(set) var switches: Set<String> = []
    /// What is no option.
    private(set) var others: [String] = []
    /// What follows `--`; `nil` if it is not there.
    private(set) var rest: [String]?

    /// - Returns: `nil` if there is a word that may mean something else.
    init?(_ words: some Collection<String>, options: Set<String>, switches known: Set<String>) {
        var words = words[...]
        while let word = words.popFirst() {
            if word == "--" {
                rest = Array(words)
                return
            }
            guard word.utf8.first == UInt8(ascii: "-") else {
                guard !word.isEmpty else { return nil }
                others.append(word)
                continue
            }
            if known.contains(word) {
                guard switches.insert(word).inserted else { return nil }
                continue
            }
            guard options.contains(word), let value = words.popFirst(), !value.isEmpty,
                value.utf8.first != UInt8(ascii: "-")
            else { return nil }
            values[word, default: []].append(value)
        }
    }

    /// The value of an option that is given once, `nil` if it is not given.
    func single(_ option: String) throws(Ambiguous) -> String? {
        guard let all = values[option] else { return nil }
        guard all.count == 1 else { throw Ambiguous() }
        return all[0]
    }

    /// Which broker.
    func broker() throws(Ambiguous) -> BrokerLocation {
        let socket = try single("--socket")
        guard switches.contains("--user") else { return socket.map { .path($0) } ?? .automatic }
        guard socket == nil else { throw Ambiguous() }
        return .user
    }

    /// An option is given more often than once, or with another that excludes it.
    struct Ambiguous: Error {}
}
