// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultClient

/// Which broker to ask.
struct BrokerOptions: ParsableArguments {
    @OptionGroup var at: SocketOption

    @Flag(help: "Ask the broker of this user, not the system's.")
    var user = false

    func validate() throws {
        if user, at.socket != nil { throw ValidationError("--socket and --user name two brokers") }
    }

    var location: BrokerLocation { user ? .user : at.location }

    func connect(timeLimit: Duration? = nil) throws(Failure) -> BrokerConnection {
        try BrokerConnection(location, timeLimit: timeLimit)
    }

    /// Whether it is the one that the service manager starts.
    var isTheSystems: Bool {
        !user && at.location.resolvedPath == BrokerLocation.system.resolvedPath
    }
}

/// Which broker to ask, where `--user` means something else.
struct SocketOption: ParsableArguments {
    @Option(
        help: ArgumentHelp("The socket of the broker; @NAME is one in the abstract namespace.", valueName: "path"),
        completion: .file())
    var socket: String?

    var location: BrokerLocation { socket.map { .path($0) } ?? .automatic }

    func connect(timeLimit: Duration? = nil) throws(Failure) -> BrokerConnection {
        try BrokerConnection(location, timeLimit: timeLimit)
    }
}
