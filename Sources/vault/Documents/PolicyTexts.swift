// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import VaultInterface

/// The texts of policy files, for the broker to read.
enum PolicyTexts {
    /// The most bytes of one file: a message to the broker has a limit too.
    static let longest = 1 << 20

    /// Files by their paths, directories by every `*.yaml` in them, sorted by name.
    static func read(_ paths: [String]) throws -> [AdminInterface.File] {
        try paths.flatMap { path in
            try isDirectory(path) ? yamlFiles(in: path).map(readFile) : [readFile(path)]
        }
    }

    private static func isDirectory(_ path: String) throws -> Bool {
        try reporting(path) { () throws(Errno) in try FileStatus(ofPath: FilePath(path)).kind == .directory }
    }

    private static func yamlFiles(in directory: String) throws -> [String] {
        guard let stream = opendir(directory) else { throw failure(directory, Errno(rawValue: errno)) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".yaml"), !name.hasPrefix(".") { names.append(name) }
        }
        let start = directory.hasSuffix("/") ? directory : directory + "/"
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
        do throws(Errno) {
            return try body()
        } catch {
            throw failure(path, error)
        }
    }

    private static func failure(_ path: String, _ error: Errno) -> Failure {
        Failure(.system, "\(path): \(error.description)", next: "the path of a policy file, or of a directory of them")
    }
}
