// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Descriptors
import Glibc
import JSONText
import SystemPackage
import TerminalKit
import VaultModel

/// `vault policy new`: a first policy file, with its tests.
struct PolicyNew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Write a policy file for one capability, with tests of it.",
        discussion: """
            What is not said is asked, where there is a terminal: what to hand out, under which name, to whom, with which \
            rights. The file has the capability, a rule, and tests of who may have it and who may not; it is checked and \
            tested before it is written. A file that is there is not replaced without --replace. No broker is needed, and \
            nothing is applied.

              vault policy new /etc/vaultd/policies/web.yaml
              vault policy new web.yaml --value /var/log/web.log --to user:www-data
              vault policy new --value tcp:127.0.0.1:80 --name web/port --to user:web
            """)

    @Option(
        help: ArgumentHelp(
            "What to hand out: a path; tcp:HOST:PORT, udp:HOST:PORT or unix:PATH for a listener.", valueName: "value"),
        completion: .file())
    var value: String?

    @Option(help: ArgumentHelp("What it is. Else a file, or a listener for an address.", valueName: "kind"))
    var kind: CapabilityKind?

    @Option(help: ArgumentHelp("Its name. Else it is made of the path.", valueName: "name"))
    var name: String?

    @Option(
        help: ArgumentHelp("To whom: anyone, or a selector as 'vault grant' takes it.", valueName: "selector:value"),
        transform: SelectorArgument.init)
    var to: [SelectorArgument] = []

    @Option(help: ArgumentHelp("The rights, with commas. Else read, or use for a listener.", valueName: "rights"))
    var rights: Rights?

    @Option(help: ArgumentHelp("The id of the rule. Else it is made of the name.", valueName: "id"))
    var id: String?

    @Flag(help: "Replace the file if it is there.")
    var replace = false

    @OptionGroup var users: UsersOption

    @Argument(help: "The file; without one it is printed.", completion: .file(extensions: ["yaml"]))
    var file: String?

    func validate() throws {
        try to.check()
    }

    func run() throws {
        if let file, !replace, access(file, F_OK) == 0 {
            throw Failure(.refused, "\(file) is there already, and is not replaced", next: "--replace, or another file")
        }
        let value =
            try self.value ?? ask("What is to be handed out (a path, tcp:HOST:PORT, unix:PATH)?", missing: "--value")
        let isAddress = ["tcp:", "udp:", "unix:"].contains(where: value.hasPrefix)
        let kind = kind ?? (isAddress ? .listener : .file)
        let name = try self.name ?? ask("Under which name?", else: Self.name(of: value), missing: "--name")
        let to = try self.to.isEmpty ? askWhom() : self.to
        let hasRights = [.file, .fifo, .device].contains(kind)
        var rights = self.rights
        if rights == nil, hasRights {
            let words = try ask(
                "With which rights (read, write, append, with commas)?", else: "read", missing: "--rights")
            guard let parsed = Rights(argument: words) else {
                throw Failure(.usage, "'\(words)' are no rights", next: "read, or read,write")
            }
            rights = parsed
        }
        let document = CapabilityDocument(
            name: name, kind: kind, value: value, rights: hasRights ? rights?.words : nil)
        let directory = try Failure.system("the current directory", next: "cd / first", ExactText.workingDirectory)
        let capability = try JSONValue(parsing: document.text(in: directory))
        let policy = NewPolicy(
            capability: capability, name: name, id: id, to: to, rights: hasRights ? rights : nil)
        try write(policy)
    }

    /// Checked and tested first.
    private func write(_ policy: NewPolicy) throws {
        let text = policy.text
        let draft = try Draft(text, name: "new.yaml")
        defer { draft.remove() }
        for verb in ["check", "test"] {
            try OfflineProgram.run(["policy", verb] + users.arguments + ["--", draft.path], catchingOutput: true) { _ in
            }
        }
        guard let file else { return try StandardOutput.write(text) }
        try OutputFile.write(text, to: file)
        let told = """
            wrote \(file.escaped): \(policy.name.escaped), and the rule \(policy.rule.escaped)
            vault policy test \(file.escaped)   runs its tests
            vault reload                puts it in force, where it lies in the directory of the broker

            """
        try StandardOutput.write(ProgramName.told(told))
    }

    private func askWhom() throws -> [SelectorArgument] {
        let words = try ask("Who may open it (user:NAME, group:NAME, unit:NAME.service, anyone)?", missing: "--to")
        do {
            let selectors = try words.split(at: " ").map { try SelectorArgument(String($0)) }
            try selectors.check()
            return selectors
        } catch let error as ValidationError {
            throw Failure(.usage, error.message, next: "user:NAME")
        }
    }

    /// - Parameter proposal: what an empty answer stands for; without a terminal it is taken, too.
    private func ask(_ question: String, else proposal: String? = nil, missing option: String) throws -> String {
        guard isatty(STDIN_FILENO) == 1 else {
            if let proposal { return proposal }
            throw Failure(.usage, "\(option) is missing, and there is no terminal to ask", next: option)
        }
        while true {
            StandardOutput.writeError(question + (proposal.map { " [\($0.escaped)]" } ?? "") + " ")
            guard let line = readLine() else {
                throw Failure(.refused, "nothing was written", next: "\(option), or an answer")
            }
            let answer = line.split(at: " ").joined(separator: " ")
            if !answer.isEmpty { return answer }
            if let proposal { return proposal }
        }
    }

    /// `/var/log/web/access.log` as `log/web/access.log`: its last segments, in what a name may hold.
    private static func name(of value: String) -> String {
        let segments = value.split(whereSeparator: { "/:".contains($0) }).suffix(3).map { segment in
            String(
                segment.unicodeScalars.map { scalar in
                    let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                    return isPlain || "._-@+".unicodeScalars.contains(scalar) ? Character(scalar) : "-"
                })
        }
        return segments.joined(separator: "/")
    }
}

/// A text in a file of its own, for a program to read.
struct Draft {
    let path: String

    init(_ text: String, name: String) throws {
        var template = Array("\(Environment["TMPDIR"] ?? "/tmp")/vault-edit-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Failure(
                "a directory for the copy", Errno(rawValue: errno), next: "TMPDIR, with a directory to write in")
        }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = "\(directory)/\(name)"
        let file = try LineFile(path, mode: 0o600)
        try file.write(text)
        try file.finish()
    }

    func remove() {
        unlink(path)
        rmdir(FilePath(path).removingLastComponent().string)
    }
}
