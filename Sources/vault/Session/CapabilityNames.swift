// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import VaultInterface

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
