// SPDX-License-Identifier: Apache-2.0

import JSONText
import Varlink

/// The errors of `io.vaultd.Admin`. Those of `io.vaultd.Broker` serve it too.
package enum AdminError: Error, Equatable, Sendable {
    /// A rule, a capability or a policy cannot be taken as it is.
    case policyRefused([AdminInterface.Problem])

    private static let prefix = "io.vaultd.Admin."

    /// As it crosses the wire.
    package var varlinkError: VarlinkError {
        switch self {
        case .policyRefused(let problems):
            // What was just written can be read.
            let values = problems.compactMap { try? JSONValue(parsing: $0.jsonBytes()) }
            return VarlinkError(name: Self.prefix + "PolicyRefused", parameters: ["problems": .array(values)])
        }
    }

    /// Reads an error back; `nil` for one that is not of this interface.
    package init?(_ error: VarlinkError) {
        guard error.name == Self.prefix + "PolicyRefused", let values = error.parameters["problems"]?.array else {
            return nil
        }
        var problems: [AdminInterface.Problem] = []
        for value in values {
            guard let problem = try? AdminInterface.Problem(parsing: value.text) else { return nil }
            problems.append(problem)
        }
        self = .policyRefused(problems)
    }
}
