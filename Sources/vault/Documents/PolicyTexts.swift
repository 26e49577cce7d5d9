// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import TerminalKit
import VaultInterface
import VaultModel

/// The texts of policy files, for the broker to read.
enum PolicyTexts {
    /// The most bytes of one file, as in the broker's directory. How many a call may have the broker says.
    static let longest = 16 << 20

    /// Files by their paths, directories by every `*.yaml` in them, sorted by name. What lies in a directory and is not
    /// read is told on standard error.
    static func read(_ paths: [String]) throws -> [AdminInterface.File] {
        try paths.flatMap { path in
            try isDirectory(path) ? yamlFiles(in: path).map(readFile) : [readFile(path)]
        }
    }

    private static func isDirectory(_ path: String) throws -> Bool {
        try reporting(path) { () throws(Errno) in try FileStatus(ofPath: FilePath(path)).kind == .directory }
    }

    private static func yamlFiles(in directory: String) throws -> [String] {
        let entries = try reporting(directory) { () throws(Errno) in try FilePath(directory).entryNames() }
        let start = directory.hasSuffix("/") ? directory : directory + "/"
        var names: [String] = []
        var unread: [AdminInterface.Problem] = []
        for entry in entries {
            let name = String(decoding: entry, as: UTF8.self)
            let isDirectory = (try? FileStatus(ofPath: FilePath(start + name)).kind) == .directory
            guard let why = PolicyFileName.whyNotRead(name, isDirectory: isDirectory) else {
                names.append(name)
                continue
            }
            unread.append(
                .init(
                    path: start + name, line: 0, column: 0, message: "warning: \(why.message)", remedy: why.remedy))
        }
        unread.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        ProblemReport.warn(of: unread)
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { start + $0 }
    }

    private static func readFile(_ path: String) throws -> AdminInterface.File {
        let bytes = try reporting(path) { () throws(Errno) in
            try OwnedDescriptor.open(FilePath(path), flags: O_RDONLY | O_CLOEXEC).readAll(limit: longest)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.usage, "\(path): this is not UTF-8", next: "save the file as UTF-8")
        }
        return .init(path: path, text: text)
    }

    private static func reporting<Value>(_ path: String, _ body: () throws(Errno) -> Value) throws -> Value {
        try Failure.system(path, next: "the path of a policy file, or of a directory of them", body)
    }
}
