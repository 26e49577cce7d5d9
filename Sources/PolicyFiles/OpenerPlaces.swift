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
        let look = Look(
            roots: roots.map { WalkedPath($0) }, protected: protectedPaths.map { ($0, WalkedPath($0)) },
            seen: looks ? SeenPaths() : nil)
        return capabilities.compactMap { capability in
            problem(of: capability.source, look).map { problem in
                PolicyProblem(
                    severity: .warning, at: capability.place, message: "'\(capability.name)': \(problem.message)",
                    remedy: problem.remedy)
            }
        }
    }

    /// One look at many capabilities.
    private struct Look {
        let roots: [WalkedPath]
        let protected: [(text: String, path: WalkedPath)]
        /// nil: only the texts count.
        let seen: SeenPaths?
    }

    private func problem(of source: CapabilitySource, _ look: Look) -> InvalidText? {
        switch source {
        case .file(let path, _, let noFollow):
            problem(of: path.text, look, followsLast: !noFollow, othersMayWrite: path.othersMayWrite)
        case .directory(let path), .device(let path), .fifo(let path, _), .memory(.file(let path)):
            problem(of: path.text, look, othersMayWrite: path.othersMayWrite)
        case .listener(.unix(let socket)):
            socket.isAbstract ? nil : problem(of: socket.path, look, followsLast: false)
        case .helper(let run, _):
            run.first.flatMap { program in
                helpers.contains { WalkedPath($0) == WalkedPath(program) }
                    ? nil
                    : InvalidText(
                        "'\(program)' is none of the programs that may be run as helpers (\(helpersOrigin))",
                        remedy: "add it to opener.helpers in vaultd.yaml, and start vaultd again")
            }
        case .connection(.unix(let path, _, _)): problem(of: path, look)
        case .memory(.credential), .connection(.tcp), .listener(.tcp), .listener(.udp), .pipe, .deposit: nil
        }
    }

    private func problem(
        of text: String, _ look: Look, followsLast: Bool = true, othersMayWrite: Bool = true
    ) -> InvalidText? {
        let path = WalkedPath(text)
        // The innermost root is the one that the opener takes.
        guard let root = look.roots.filter(path.isWithin).max(by: { $0.depth < $1.depth }) else {
            return InvalidText(
                "'\(path.text)' lies beneath none of the opener's roots: \(roots.joined(separator: " ")) (\(rootsOrigin))",
                remedy:
                    "add its directory to opener.roots in vaultd.yaml and start vaultd again, or name a path beneath one"
            )
        }
        if let problem = protected(path, path, look) { return problem }
        switch path.walked(beneath: root, look.seen, followsLast: followsLast, othersMayWrite: othersMayWrite) {
        case .outside(let link?):
            return InvalidText(
                "'\(link.path)' is a link to '\(link.target)', which leaves the root '\(root.text)' (\(rootsOrigin))",
                remedy: "name the path that it leads to, beneath a root; an absolute link always leaves its root")
        case .outside(link: .none):
            return InvalidText(
                "'\(path.text)' leaves the root '\(root.text)' by '..' (\(rootsOrigin))",
                remedy: "write the path without '..'")
        case .linkOfOthers(let link, let target):
            return InvalidText(
                "'\(link)' is a link to '\(target)' that is not root's, or that others can replace: the opener follows none",
                remedy: "name the path that it leads to, or have root own the link and the directory that it lies in")
        case .directoryOfOthers(let directory):
            return InvalidText(
                "others than root may write to '\(directory)', and put another file in the place of this one",
                remedy:
                    "have root own the directory, or write writable-by-others: yes beside the path if it may be theirs")
        case .within(let end):
            return protected(path, end, look) ?? protectedByIdentity(path, end, look)
        case .endless:
            return nil
        }
    }

    /// - Parameter end: where the path leads.
    private func protected(_ path: WalkedPath, _ end: WalkedPath, _ look: Look) -> InvalidText? {
        look.protected.first { end.isWithin($0.path) }.map { belongsToTheVault(path, $0.text) }
    }

    /// What is the same directory or file under another path, as by a link on the way to the state or a bind mount.
    private func protectedByIdentity(_ path: WalkedPath, _ end: WalkedPath, _ look: Look) -> InvalidText? {
        guard let seen = look.seen else { return nil }
        let way = end.identities(seen)
        let place = look.protected.first { place in seen.identity(of: place.path).map { way.contains($0) } ?? false }
        return place.map { belongsToTheVault(path, $0.text) }
    }

    private func belongsToTheVault(_ path: WalkedPath, _ place: String) -> InvalidText {
        InvalidText(
            "'\(path.text)' belongs to the vault itself (\(WalkedPath(place).text)), and is never opened",
            remedy: "name a file elsewhere")
    }

    // MARK: Roots

    /// What is wrong with the roots themselves: one that is missing is a warning, one reached through a link an error, since
    /// the opener follows none on the way to a root. Looks at the paths.
    package var problemsOfRoots: [PolicyProblem] {
        roots.compactMap { root in
            let walked = WalkedPath(root)
            for depth in 0..<walked.depth {
                let path = walked.prefix(depth + 1).text
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
}
