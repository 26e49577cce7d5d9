// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultClient
import VaultInterface

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

/// The names of capabilities, for the shell to complete.
enum CapabilityNames {
    /// Asks the broker that is chosen without options, when somebody presses the key. Without one there are none.
    static var completion: CompletionKind {
        .custom { _, _, prefix in
            guard let connection = try? BrokerConnection(.automatic, timeLimit: .seconds(1)) else { return [] }
            var names: [String] = []
            try? connection.callMore(BrokerInterface.List.self, .init()) { names += $0.capabilities.map(\.name) }
            return names.filter { $0.hasPrefix(prefix) }
        }
    }
}
