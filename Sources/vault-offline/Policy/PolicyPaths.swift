// SPDX-License-Identifier: Apache-2.0

import Descriptors
import PolicyFiles
import SystemPackage
import TerminalKit

/// Policy files as they are named on a command line.
enum PolicyPaths {
    /// Files by their paths, directories by every `*.yaml` in them, sorted by name. Prints what lies in a directory and is
    /// not read.
    static func read(_ paths: [String]) throws -> [PolicyFile] {
        let files = try paths.flatMap { path in
            guard try isDirectory(path) else {
                return [try reporting { () throws(PolicyProblem) in try PolicyFile.read(path) }]
            }
            let directory = try reporting { () throws(PolicyProblem) in try PolicyDirectory.read(path) }
            for problem in directory.unread { try StandardOutput.print(problem.text(source: nil)) }
            return directory.files
        }
        guard !files.isEmpty else {
            throw Failure(
                .usage, "there is no *.yaml in \(paths.joined(separator: ", "))",
                next: "the path of a policy file, or of a directory of them")
        }
        return files
    }

    private static func isDirectory(_ path: String) throws -> Bool {
        do throws(Errno) {
            return try FileStatus(ofPath: FilePath(path)).kind == .directory
        } catch {
            throw Failure(
                .system, "\(path): \(error.description)",
                next: "the path of a policy file, or of a directory of them")
        }
    }

    private static func reporting<Value>(_ body: () throws(PolicyProblem) -> Value) throws -> Value {
        do throws(PolicyProblem) {
            return try body()
        } catch {
            throw Failure(.system, "\(error.path): \(error.message)", next: error.remedy)
        }
    }
}
