// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// How records are printed.
enum RecordFormat: String, CaseIterable, ExpressibleByArgument {
    case text, json, jsonl
    /// With a line of titles, RFC 4180.
    case csv

    init(_ format: OutputFormat) {
        switch format {
        case .text: self = .text
        case .json: self = .json
        case .jsonl: self = .jsonl
        }
    }
}
