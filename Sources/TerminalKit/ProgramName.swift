// SPDX-License-Identifier: Apache-2.0

/// What the command line was called as. It is installed as `vault` and as `fdvault`, since others have a `vault`, too: what
/// it tells somebody to run has to be itself.
package enum ProgramName {
    private static let short = "vault"
    private static let long = "fdvault"

    /// By the first word of the command line; what is neither name counts as the short one.
    package static let own = name(calledAs: CommandLine.arguments.first ?? short)

    /// - Parameter path: `/usr/bin/fdvault`, or `fdvault-offline`, as that one is called by it.
    package static func name(calledAs path: String) -> String {
        // Without an array: a process of vault has a few hundred thousand instructions in all.
        let bytes = path.utf8
        let start = bytes.lastIndex(of: UInt8(ascii: "/")).map(bytes.index(after:)) ?? bytes.startIndex
        return bytes[start...].starts(with: long.utf8) ? long : short
    }

    /// Is this process `vault-offline`? It is installed as another name of vaultd, since two programs with a reader of YAML, a
    /// database and cryptography in each would be twice the size.
    package static let isOffline = isOffline(calledAs: CommandLine.arguments.first ?? "")

    /// - Parameter path: `/usr/libexec/vault/vault-offline`, or `fdvault-offline`.
    package static func isOffline(calledAs path: String) -> Bool {
        path.utf8.reversed().starts(with: "-offline".utf8.reversed())
    }

    /// A text that tells somebody to run `vault VERB`, with the name that it was called as. "The vault" is not a command.
    package static func told(_ text: String, calledAs name: String = own) -> String {
        guard name != short else { return text }
        let articles: Set<Substring> = ["the", "The", "a"]
        var told = Substring()
        var rest = text[...]
        var last: Substring = ""
        while let end = rest.unicodeScalars.firstIndex(where: { " \n'`\"(".unicodeScalars.contains($0) }) {
            let word = rest[..<end]
            told += word == short && rest[end] == " " && !articles.contains(last) ? name[...] : word
            let next = rest.unicodeScalars.index(after: end)
            told += rest[end..<next]
            // Of two separators in a row the first stands between the words.
            if !word.isEmpty || rest[end] != " " { last = word }
            rest = rest[next...]
        }
        return String(told + rest)
    }
}
