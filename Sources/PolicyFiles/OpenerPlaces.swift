// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import VaultModel

/// Where the opener opens: its roots, its helpers, and what it never touches; with where each was written. What a
/// capability names is held against it when it is declared, so that nobody learns it from the first failure.
package struct OpenerPlaces: Sendable, Equatable {
    package var roots: [String]
    /// Where the roots were written, such as `/etc/vaultd/vaultd.yaml:7`, or `default`.
    package var rootsOrigin: String
    package var helpers: [String]
    package var helpersOrigin: String
    /// The state directory and the broker's sockets.
    package var protectedPaths: [String]

    package init(
        roots: [String], rootsOrigin: String, helpers: [String] = [], helpersOrigin: String = "default",
        protectedPaths: [String] = []
    ) {
        self.roots = roots
        self.rootsOrigin = rootsOrigin
        self.helpers = helpers
        self.helpersOrigin = helpersOrigin
        self.protectedPaths = protectedPaths
    }

    // MARK: Capabilities

    /// A warning for each capability that the opener will not open as things stand.
    ///
    /// - Parameter looks: whether to look at links on the way, too. It can hang on a file system that does not answer, so
    ///   it is not for the event loop. Links that this process may not read are not judged.
    package func problems(of capabilities: [Capability], looks: Bool) -> [PolicyProblem] {
        capabilities.compactMap { capability in
            problem(of: capability.source, looks: looks).map { problem in
                let place = capability.place ?? Place(path: "", line: 0, column: 0)
                return PolicyProblem(
                    severity: .warning, path: place.path, line: place.line, column: place.column,
                    message: "'\(capability.name)': \(problem.message)", remedy: problem.remedy)
            }
        }
    }

    private func problem(of source: CapabilitySource, looks: Bool) -> InvalidText? {
        switch source {
        case .file(let path, _, let noFollow): problem(of: path, looks: looks, followsLast: !noFollow)
        case .fifo(let path, _), .memory(.file(let path)): problem(of: path, looks: looks)
        case .listener(.unix(let path, _, _, _, _)): problem(of: path, looks: looks, followsLast: false)
        case .helper(let run, _):
            run.first.flatMap { program in
                helpers.contains(program)
                    ? nil
                    : InvalidText(
                        "'\(program)' is none of the programs that may be run as helpers (\(helpersOrigin))",
                        remedy: "add it to opener.helpers in vaultd.yaml, and start vaultd again")
            }
        case .memory(.credential), .listener(.tcp), .listener(.udp), .pipe: nil
        }
    }

    private func problem(of path: String, looks: Bool, followsLast: Bool = true) -> InvalidText? {
        let path = Self.normalized(path)
        // The innermost root is the one that the opener takes.
        guard let root = roots.map(Self.normalized).filter({ Self.lies(path, within: $0) }).max(by: isShorter) else {
            return InvalidText(
                "'\(path)' lies beneath none of the opener's roots: \(roots.joined(separator: " ")) (\(rootsOrigin))",
                remedy:
                    "add its directory to opener.roots in vaultd.yaml and start vaultd again, or name a path beneath one"
            )
        }
        if let place = protected(path) { return place }
        guard looks, let link = Self.linkOut(of: root, path, followsLast: followsLast) else { return nil }
        return InvalidText(
            "'\(link.path)' is a link to '\(link.target)', which leaves the root '\(root)' (\(rootsOrigin))",
            remedy: "name the path that it leads to, beneath a root; an absolute link always leaves its root")
    }

    private func protected(_ path: String) -> InvalidText? {
        guard let place = protectedPaths.map(Self.normalized).first(where: { Self.lies(path, within: $0) }) else {
            return nil
        }
        return InvalidText(
            "'\(path)' belongs to the vault itself (\(place)), and is never opened", remedy: "name a file elsewhere")
    }

    private func isShorter(_ left: String, _ right: String) -> Bool { left.utf8.count < right.utf8.count }

    // MARK: Roots

    /// What is wrong with the roots themselves: one that is missing is a warning, one reached through a link an error, since
    /// the opener follows none on the way to a root. Looks at the paths.
    package var problemsOfRoots: [PolicyProblem] {
        roots.compactMap { root in
            var path = ""
            for component in Self.components(root) {
                path += "/\(component)"
                let status: FileStatus
                do throws(Errno) {
                    status = try FileStatus(ofPath: FilePath(path), followingLinks: false)
                } catch {
                    guard error == .noSuchFileOrDirectory else { return nil }
                    return problem(
                        .warning, "the root '\(root)' is not there: nothing can be opened beneath it",
                        "make the directory, or take it out of opener.roots")
                }
                guard status.kind == .symbolicLink else { continue }
                return problem(
                    .error, "the root '\(root)' is reached through the link '\(path)', and so it is never used",
                    Self.real(root).map { "write \($0)" } ?? "write the path that the link leads to")
            }
            return nil
        }
    }

    private func problem(_ severity: PolicyProblem.Severity, _ message: String, _ remedy: String) -> PolicyProblem {
        PolicyProblem(
            severity: severity, path: rootsOrigin, line: 0, column: 0, message: message, remedy: remedy)
    }

    private static func real(_ path: String) -> String? {
        (try? FilePath(path).resolved()).flatMap { String(validating: $0) }
    }

    // MARK: Paths

    /// Split at the bytes of `/`; empty components and `.` are nothing.
    private static func components(_ path: String) -> [String] {
        path.utf8.split(separator: UInt8(ascii: "/")).compactMap { String($0) }.filter { $0 != "." }
    }

    private static func normalized(_ path: String) -> String { "/" + components(path).joined(separator: "/") }

    /// Both normalized.
    private static func lies(_ path: String, within directory: String) -> Bool {
        if directory == "/" || path.utf8.elementsEqual(directory.utf8) { return true }
        return path.utf8.starts(with: (directory + "/").utf8)
    }

    /// How many links a resolution follows, as the kernel has it.
    private static let mostLinks = 40

    /// The first link on the way from `root` to `path` that leads out of the root, as `RESOLVE_BENEATH` of openat2(2) has
    /// it: an absolute one, or one with more `..` than there are directories below the root.
    private static func linkOut(
        of root: String, _ path: String, followsLast: Bool
    ) -> (path: String, target: String)? {
        var left = Array(components(path).dropFirst(components(root).count))
        var done: [String] = []
        var links = 0
        // The link whose target is being walked.
        var source: (path: String, target: String)?
        while !left.isEmpty {
            let component = left.removeFirst()
            if component == ".." {
                guard done.popLast() != nil else { return source }
                continue
            }
            let here = normalized(([root] + done + [component]).joined(separator: "/"))
            guard !left.isEmpty || followsLast, let target = linkTarget(here) else {
                done.append(component)
                continue
            }
            links += 1
            guard links <= mostLinks else { return nil }
            source = (here, target)
            if target.utf8.first == UInt8(ascii: "/") { return source }
            left = components(target) + left
        }
        return nil
    }

    /// nil for what is no link, is not there, or may not be looked at.
    private static func linkTarget(_ path: String) -> String? {
        (try? FilePath(path).linkTarget()).map { String(decoding: $0, as: UTF8.self) }
    }
}
