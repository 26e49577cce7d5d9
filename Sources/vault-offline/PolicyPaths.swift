// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Foundation
import PolicyFiles
import SystemPackage

/// Policy files as they are named on a command line.
enum PolicyPaths {
    /// Files by their paths, directories by every `*.yaml` in them, sorted by name.
    static func read(_ paths: [String]) throws -> [PolicyFile] {
        let files = try paths.flatMap { path in
            try isDirectory(path) ? yamlFiles(in: path).map(readFile) : [readFile(path)]
        }
        guard !files.isEmpty else {
            throw Failure(
                status: 2, description: "there is no *.yaml in \(paths.joined(separator: ", "))",
                next: "the path of a policy file, or of a directory of them")
        }
        return files
    }

    private static func isDirectory(_ path: String) throws -> Bool {
        try reporting(path) { () throws(Errno) in try FileStatus(ofPath: FilePath(path)).kind == .directory }
    }

    private static func yamlFiles(in directory: String) throws -> [String] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
            throw failure(directory, .permissionDenied)
        }
        let start = directory.hasSuffix("/") ? directory : directory + "/"
        return names.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { start + $0 }
    }

    private static func readFile(_ path: String) throws -> PolicyFile {
        let bytes = try reporting(path) { () throws(Errno) in
            try OwnedDescriptor.open(FilePath(path), flags: O_RDONLY | O_CLOEXEC).readAll(limit: 16 << 20)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(status: 2, description: "\(path): this is not UTF-8", next: "save the file as UTF-8")
        }
        return PolicyFile(path: path, text: text)
    }

    private static func reporting<Value>(_ path: String, _ body: () throws(Errno) -> Value) throws -> Value {
        do throws(Errno) {
            return try body()
        } catch {
            throw failure(path, error)
        }
    }

    private static func failure(_ path: String, _ error: Errno) -> Failure {
        Failure(
            status: 4, description: "\(path): \(error.description)",
            next: "the path of a policy file, or of a directory of them")
    }
}
