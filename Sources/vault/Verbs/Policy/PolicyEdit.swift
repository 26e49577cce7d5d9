// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Descriptors
import Glibc
import SystemPackage
import TerminalKit
import VaultInterface
import VaultModel

/// `vault policy edit`: a policy file in an editor, checked before it counts.
struct PolicyEdit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit",
        abstract: "Edit a file of the policy directory, and apply it when it is right.",
        discussion: """
            A copy is edited, with $VISUAL, $EDITOR or vi, as visudo(8) does it: two people do not edit at the same time. The \
            broker checks the copy together with the other files. With a mistake in it, e edits again, x leaves \
            everything as it was, and Q saves the file although it is wrong, without applying it. Where it is right, \
            what would change is shown, and it is saved and the directory reloaded when that is confirmed.

            The exit status is 1 where nothing was applied that was meant to be.

              vault policy edit /etc/vaultd/policies/web.yaml
              vault policy edit /etc/vaultd/policies/web.yaml --yes --reason 'new server'
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var why: ReasonOption

    @Flag(help: "Apply without asking. With a mistake in it nothing is saved, unless a terminal can be asked.")
    var yes = false

    @Argument(help: "The file; it need not be there yet.", completion: .file(extensions: ["yaml"]))
    var file: String

    func run() throws {
        let canAsk = isatty(STDIN_FILENO) == 1
        guard canAsk || yes else {
            throw Failure(.usage, "what would change is asked about, and there is no terminal", next: "--yes")
        }
        let connection = try broker.connect()
        let edit = try EditedFile(file, in: try directory(connection))
        while true {
            try edit.runEditor()
            guard let text = try edit.changedText() else {
                edit.discard()
                return try StandardOutput.print("nothing was changed")
            }
            let files = edit.files(with: text)
            let isRight = try check(files, connection)
            switch try answer(isWrong: !isRight, canAsk: canAsk) {
            case "e": continue
            case "x":
                edit.discard()
                throw Failure(.refused, "nothing was changed", next: "the same command again")
            case "Q":
                try edit.save(text)
                throw Failure(
                    .refused, "\(file) is saved with mistakes, and not applied: what was in force stays so",
                    next: "vault policy edit \(file), before the next reload or start")
            default: return try apply(text, edit, connection)
            }
        }
    }

    /// Shows what the broker says to the files, and what they would change.
    private func check(_ files: [AdminInterface.File], _ connection: BrokerConnection) throws -> Bool {
        do {
            let reply = try connection.call(AdminInterface.ApplyPolicy.self, .init(files: files, dryRun: true))
            StandardOutput.writeError(ProblemReport.text(of: reply.problems, in: files))
            guard reply.problems.allSatisfy({ $0.message.hasPrefix("warning: ") }) else { return false }
            try StandardOutput.write(ChangeReport.text(of: reply.changes, colours: Terminal.output.hasColours))
            return true
        } catch let failure as Failure where failure.status == .refused && !failure.isDenial {
            // It is no mistake in a line, such as that nobody would administer the vault.
            StandardOutput.writeError(failure.text(verb: "policy edit"))
            return false
        }
    }

    /// e, x, Q or y.
    private func answer(isWrong: Bool, canAsk: Bool) throws -> Character {
        if !isWrong, yes { return "y" }
        guard canAsk else { return "x" }
        let (question, answers) =
            isWrong
            ? ("(e)dit again, e(x)it without saving, (Q)uit and save it though it is wrong? ", "exQ")
            : ("apply? (y)es, (e)dit again, e(x)it without saving: ", "yex")
        while true {
            StandardOutput.writeError(question)
            // The end of the input is no answer that anything should follow from.
            guard let line = readLine() else { return "x" }
            if let answer = line.first, line.count == 1, answers.contains(answer) { return answer }
        }
    }

    private func apply(_ text: String, _ edit: EditedFile, _ connection: BrokerConnection) throws {
        try edit.save(text)
        do {
            let reply = try connection.call(AdminInterface.Reload.self, .init(reason: why.reason))
            let record = reply.record.map { " (record \($0))" } ?? ""
            try StandardOutput.print("revision \(reply.revision) is in force\(record)")
        } catch let failure as Failure {
            // Something else has come between: the file is as it was, and what was written is not lost.
            let copy = try edit.restore(keeping: text)
            throw Failure(
                failure.status, "\(failure.message); \(file) is as it was, and what you wrote is in \(copy)",
                next: failure.next, details: failure.details)
        }
    }

    /// Where the policy is from.
    private func directory(_ connection: BrokerConnection) throws -> String {
        let status = try connection.call(Untyped<AdminInterface.Status>.self, .init())["status"]
        guard let directory = status?["policy"]?["directory"]?.string else {
            throw Failure(
                .refused, "this broker has no directory of policy files",
                next: "vault policy apply, with all files of the policy")
        }
        return directory
    }
}

/// A file of the policy directory, of which somebody edits a copy.
private final class EditedFile {
    private let path: String
    private let directory: String
    private let others: [AdminInterface.File]
    /// What the file held; nil where there was none.
    private let before: String?
    private let copy: Draft
    /// Locked until the process ends.
    private let lock: HeldDescriptor

    init(_ file: String, in directory: String) throws {
        let place = try Failure.system(file, next: "a path in \(directory)") { () throws(Errno) in
            let parent = FilePath(file).removingLastComponent()
            return try (parent.isEmpty ? "." : parent).resolved()
        }
        let name = FilePath(file).lastComponent?.string ?? ""
        let expected = try Failure.system(directory, next: "vault status") { () throws(Errno) in
            try FilePath(directory).resolved()
        }
        guard place == expected else {
            throw Failure(
                .usage, "\(file) is not in \(directory), which the policy is read from",
                next: "a file there, or vault policy apply")
        }
        if let why = PolicyFileName.whyNotRead(name, isDirectory: false) {
            throw Failure(.usage, "\(file): \(why.message)", next: why.remedy)
        }
        self.directory = directory
        let path = directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
        self.path = path
        lock = HeldDescriptor(
            try Failure.system(directory, next: "as a user who may write there") { () throws(Errno) in
                try OwnedDescriptor.open(FilePath(directory), flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            })
        do throws(Errno) {
            try lock.lock()
        } catch {
            throw Failure(
                .system, "\(directory): somebody else edits a file there", next: "the same command later")
        }
        let files = try PolicyTexts.read([directory])
        before = files.first { $0.path == path }?.text
        others = files.filter { $0.path != path }
        _ = try OutputPlace(path)
        copy = try Draft(before ?? "vault: 1\n", name: name)
    }

    /// Waits for the editor, which has the terminal: what interrupts it does not end this program.
    func runEditor() throws {
        let editor = Environment["VISUAL"] ?? Environment["EDITOR"] ?? "vi"
        let child = try Failure.system("/bin/sh", next: "a system with a shell") { () throws(Errno) in
            try ChildProcess.spawn("/bin/sh", arguments: ["sh", "-c", "\(editor) \"$@\"", "sh", copy.path])
        }
        signal(SIGINT, SIG_IGN)
        signal(SIGQUIT, SIG_IGN)
        defer {
            signal(SIGINT, SIG_DFL)
            signal(SIGQUIT, SIG_DFL)
        }
        let status = try Failure.system(editor, next: "VISUAL, with an editor") { () throws(Errno) in try child.wait() }
        guard status.isSuccess else {
            throw Failure(
                .refused, "the editor failed, and nothing was changed: \(editor)",
                next: "VISUAL or EDITOR, with one that is there; what you wrote is in \(copy.path)")
        }
    }

    /// What the copy holds now; nil where that is what the file held.
    func changedText() throws -> String? {
        let text = try InputFile.read(copy.path, as: "the edited copy")
        return text == before || before == nil && text == "vault: 1\n" ? nil : text
    }

    func files(with text: String) -> [AdminInterface.File] {
        (others + [.init(path: path, text: text)]).sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    /// Replaces the file, unless somebody else has meanwhile.
    func save(_ text: String) throws {
        let now = access(path, F_OK) == 0 ? try InputFile.read(path, as: "the policy file") : nil
        guard now == before else {
            throw Failure(
                .refused, "\(path) was changed by somebody else meanwhile; what you wrote is in \(copy.path)",
                next: "vault policy edit \(path), with what was changed")
        }
        try write(text)
        discard()
    }

    /// Puts back what was there.
    /// - Returns: where the text is now.
    func restore(keeping text: String) throws -> String {
        if let before { try write(before) } else { unlink(path) }
        return try Draft(text, name: FilePath(path).lastComponent?.string ?? "policy.yaml").path
    }

    private func write(_ text: String) throws {
        let former = try? FileStatus(ofPath: FilePath(path))
        let file = try LineFile(path, mode: former.map { UInt32($0.permissions) } ?? 0o644)
        try file.write(text)
        try file.finish()
        if let former { _ = chown(path, former.uid, former.gid) }
    }

    func discard() { copy.remove() }
}
