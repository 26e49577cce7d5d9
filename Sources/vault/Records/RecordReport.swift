// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit
import VaultInterface

/// One record with everything in it, for people.
struct RecordReport {
    private let record: RecordSummary

    init(_ entry: AuditInterface.Entry) {
        record = RecordSummary(entry)
    }

    func text(colours: Bool) -> String {
        let title = "record \(record.record): \(record.type)".escaped
        var text = record.style.applied(to: title, colours: colours) + "\n"
        var fields = Fields()
        for (path, value) in record.everything {
            fields.add(path, value, path.hasPrefix("failed") ? .doubtful : .plain)
        }
        text += fields.text(indent: 2, colours: colours)
        return text
    }
}
