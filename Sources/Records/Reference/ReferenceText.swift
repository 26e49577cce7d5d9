// SPDX-License-Identifier: Apache-2.0

/// The reference of all records, as the documentation has it.
package enum ReferenceText {
    /// Markdown; `Records.docc/RecordReference.md` is this text.
    package static var markdown: String {
        var text = """
            # Reference of records

            Every type of record, and every key: what it holds, in which unit, and when it is there.

            <!-- Written by `make records` from RecordType.reference and RecordField; a test compares. -->

            ## What all have

            The first six stand at the beginning of every record, `truncated` at the end of one of which something was cut: texts \
            that a client controls at 512 bytes, values where a record would have more than 16 KiB.


            """
        text += table(RecordField.everywhere.map { [code($0.path), $0.form.rawValue, $0.unit ?? "", $0.meaning] })
        text += """

            ## What many have

            A record names of an object what it knows: of a process that holds a lease `uid`, `pid` and `pidfdInode`; of a \
            capability that is not opened its name, and its kind where it is declared. Of a peer, what is neither there nor in \
            `none` or `unknown` was not asked for; records of the first versions have neither of the two.


            """
        text += table(RecordField.shared.map { [code($0.path), $0.form.rawValue, $0.unit ?? "", $0.meaning] })
        text += "\n## The types\n"
        for type in RecordType.allCases {
            let reference = type.reference
            text += "\n### \(code(type.rawValue))\n\n\(reference.meaning) Since \(reference.since).\n\n"
            text += "| key | there | holds | unit | meaning |\n|---|---|---|---|---|\n"
            for listed in reference.fields {
                text += row(
                    [
                        code(listed.field.path), listed.condition.map { "when \($0)" } ?? "always",
                        listed.field.form.rawValue, listed.field.unit ?? "", listed.field.meaning,
                    ])
                for part in RecordField.parts where part.parent.map({ "\($0)" }) == listed.field.name {
                    text += row([code(part.path), "always", part.form.rawValue, part.unit ?? "", part.meaning])
                }
            }
        }
        return text
    }

    /// Every key that is documented, such as `peer.exe`.
    package static var paths: Set<String> {
        let own = RecordType.allCases.flatMap(\.reference.fields).map(\.field)
        return Set((RecordField.everywhere + RecordField.shared + RecordField.parts + own).map(\.path))
    }

    private static func table(_ rows: [[String]]) -> String {
        "| key | holds | unit | meaning |\n|---|---|---|---|\n" + rows.map(row).joined()
    }

    private static func row(_ cells: [String]) -> String { "| \(cells.joined(separator: " | ")) |\n" }

    private static func code(_ text: String) -> String { "`\(text)`" }
}
