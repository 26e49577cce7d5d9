// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage

/// The protected paths as they were when the opener started: what they really are, held for as long as it runs.
///
/// Workers come and go, and each gets the same; a path that led elsewhere by then would protect something else.
struct HeldPlaces {
    /// Behind the two sockets of a worker.
    private static let firstNumber: CInt = 5

    private var paths: [OpenerArguments.ProtectedPath] = []
    private var descriptors: [HeldDescriptor] = []

    init(of paths: [OpenerArguments.ProtectedPath]) {
        for path in paths { add(path) }
    }

    private mutating func add(_ path: OpenerArguments.ProtectedPath) {
        var path = path
        let flags = linux_o_path | O_DIRECTORY
        let number = Self.firstNumber + CInt(descriptors.count)
        if let directory = try? OwnedDescriptor.open(FilePath(path.path), flags: flags) {
            descriptors.append(HeldDescriptor(directory))
            path.held = .itself(number)
            // A link to the policies may be led elsewhere while the daemon runs, and is followed then.
            if !path.onlyFromWriting { path.path = Self.realPath(path.path) ?? path.path }
        } else if let (parent, name) = Self.split(path.path),
            let directory = try? OwnedDescriptor.open(FilePath(parent), flags: flags)
        {
            descriptors.append(HeldDescriptor(directory))
            path.held = .parent(number)
            if !path.onlyFromWriting, let real = Self.realPath(parent) {
                path.path = real == "/" ? "/\(name)" : "\(real)/\(name)"
            }
        }
        paths.append(path)
    }

    /// The arguments of a worker that gets ``passing``.
    func naming(_ arguments: OpenerArguments) -> OpenerArguments {
        var arguments = arguments
        arguments.protectedPaths = paths
        return arguments
    }

    /// With the numbers that they have in a worker.
    var passing: [ChildProcess.Passing] {
        descriptors.enumerated().map { ($1, Self.firstNumber + CInt($0)) }
    }

    /// Where an absolute path's last component lies, and that; nil where it says no name.
    private static func split(_ path: String) -> (parent: String, name: String)? {
        var components = path.utf8.split(separator: UInt8(ascii: "/")).map { String($0) ?? "" }
        guard let name = components.popLast(), !["", ".", ".."].contains(name) else { return nil }
        return ("/" + components.joined(separator: "/"), name)
    }

    private static func realPath(_ path: String) -> String? {
        (try? FilePath(path).resolved()).flatMap { String(validating: $0) }
    }
}
