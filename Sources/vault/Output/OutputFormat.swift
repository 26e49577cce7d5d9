// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// What a verb prints.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    /// For people.
    case text
    /// One value; a listing is an array.
    case json
    /// A value on each line.
    case jsonl
}

/// The option that every verb with an answer has.
struct OutputOptions: ParsableArguments {
    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp(
            "What to print: text for people, or JSON with the names of the interface.", valueName: "format")
    )
    var output = OutputFormat.text
}
