// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit

extension OutputFormat: ExpressibleByArgument {}

/// The option that every verb with an answer has.
struct OutputOptions: ParsableArguments {
    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp(
            "What to print: text for people, or JSON with the names of the interface.", valueName: "format")
    )
    var output = OutputFormat.text
}
