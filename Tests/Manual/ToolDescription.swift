// SPDX-License-Identifier: Apache-2.0

/// What a tool says about itself with `--experimental-dump-help`: the part of ArgumentParser's JSON (serialization
/// version 0) that a manual page shows.
struct ToolDescription: Decodable {
    struct Command: Decodable {
        var commandName: String
        var abstract: String?
        var discussion: String?
        var shouldDisplay: Bool
        var subcommands: [Self]?
        var arguments: [Argument]?
    }

    struct Argument: Decodable {
        enum Kind: String, Decodable {
            case positional, option, flag
        }

        struct Name: Decodable {
            enum Kind: String, Decodable {
                case long, short, longWithSingleDash
            }

            var kind: Kind
            var name: String

            /// As it is typed: `--socket`, `-n`.
            var text: String {
                kind == .long ? "--\(name)" : "-\(name)"
            }
        }

        var kind: Kind
        var shouldDisplay: Bool
        var isOptional: Bool
        var isRepeating: Bool
        var parsingStrategy: String?
        var names: [Name]?
        var valueName: String?
        var defaultValue: String?
        var allValues: [String]?
        var abstract: String?
        var discussion: String?
    }

    var serializationVersion: Int
    var command: Command
}

extension ToolDescription.Command {
    /// The subcommands that a person types; `help` has no page of its own.
    var verbs: [Self] {
        (subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
    }

    var shownArguments: [ToolDescription.Argument] {
        (arguments ?? []).filter(\.shouldDisplay)
    }
}
