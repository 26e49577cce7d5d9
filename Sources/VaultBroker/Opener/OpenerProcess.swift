// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage

/// How to start the opener: what it may do, fixed for its whole life.
package struct OpenerOptions: Sendable {
    /// Beneath which directories it opens; absolute, and not reached through symbolic links.
    package var roots: [String]
    /// What it never opens, even beneath a root.
    package var stateDirectory: FilePath
    /// The same for single paths, such as the broker's own sockets.
    package var protectedPaths: [FilePath] = []
    /// What it never opens for writing: the broker's configuration and its policies.
    package var protectedFromWriting: [FilePath] = []
    package var workers = 4
    package var timeLimit: Duration = .seconds(5)
    /// The only programs that it runs as helpers, and as whom; without a user none.
    package var helpers: [FilePath] = []
    package var helperUser: (uid: UInt32, gid: UInt32)?
    /// The user that the broker is to run as; no helper runs as that one.
    package var brokerUID: UInt32?
    /// Who must be at the other end, where the opener is connected to instead of being spawned.
    package var peerUID: UInt32?

    package init(roots: [String], stateDirectory: FilePath) {
        self.roots = roots
        self.stateDirectory = stateDirectory
    }

    /// As `vault-opener --help` has them.
    package var arguments: [String] {
        let milliseconds =
            timeLimit.components.seconds * 1000 + timeLimit.components.attoseconds / 1_000_000_000_000_000
        var words = ["--workers", "\(workers)", "--time-limit", "\(max(1, milliseconds))"]
        for root in roots { words += ["--root", root] }
        words += ["--state", stateDirectory.string]
        for path in protectedPaths { words += ["--protect", path.string] }
        for path in protectedFromWriting { words += ["--protect-writing", path.string] }
        for helper in helpers { words += ["--helper", helper.string] }
        if let helperUser { words += ["--helper-user", "\(helperUser.uid):\(helperUser.gid)"] }
        if let brokerUID { words += ["--broker-user", "\(brokerUID)"] }
        if let peerUID { words += ["--peer", "\(peerUID)"] }
        return words
    }
}

/// A running `vault-opener`, and the socket to it. It ends when the socket is closed.
package struct OpenerProcess: ~Copyable, Sendable {
    let child: ChildProcess
    let socket: OwnedDescriptor

    package var pid: Int32 { child.pid }

    /// Starts it with the privileges that this process has now: so before the broker gives up its own.
    ///
    /// It gets a session of its own, so that no terminal's signals reach it, and standard error, for its complaints.
    /// - Throws: what posix_spawn(3) says, such as `ENOENT` for a missing executable. What the program itself objects
    ///   to
    ///   (its arguments) shows as its death.
    package static func spawn(executable: FilePath, options: OpenerOptions) throws(Errno) -> OpenerProcess {
        let sockets = try MessageSocket.pair(.seqpacket)
        let child = try ChildProcess.spawn(
            executable, arguments: [executable.string] + options.arguments,
            passing: [(HeldDescriptor(sockets.second), 3)], directory: "/", newSession: true)
        return OpenerProcess(child: child, socket: sockets.first)
    }
}
