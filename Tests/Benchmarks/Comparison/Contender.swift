// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SystemPackage
import VaultTestKit

/// A server that is measured. All hand out descriptors of the same file.
enum Contender: String, CaseIterable, ExpressibleByArgument {
    /// C, nothing stored: the physical limit.
    case cNothing = "c-nothing"
    /// C, a row for each grant, committed in the loop.
    case cOne = "c-one"
    /// C, a row for each grant, committed on a second thread: what the broker is compared with.
    case cTwo = "c-two"
    /// The broker: decided, recorded, durable.
    case vaultd
    /// s6-fdholderd: holds and hands out, decides by uid, records nothing.
    case s6

    var title: String {
        switch self {
        case .cNothing: "C, nothing stored"
        case .cOne: "C, one thread"
        case .cTwo: "C, two threads"
        case .vaultd: "vaultd"
        case .s6: "s6-fdholderd"
        }
    }

    /// Why it cannot be measured here; `nil` if it can.
    var obstacle: String? {
        switch self {
        case .s6: Command.find("s6-fdholder-daemon") == nil ? "s6 is not installed (apt-get install s6)" : nil
        default: nil
        }
    }

    /// The capabilities that each of them holds.
    static let names = (0..<16).map { "bench/\($0)" }

    func start(settings: Settings) async throws -> any RunningServer {
        switch self {
        case .cNothing: try await BaselineServer(mode: "none", settings)
        case .cOne: try await BaselineServer(mode: "one", settings)
        case .cTwo: try await BaselineServer(mode: "two", settings)
        case .vaultd: try await BrokerServer()
        case .s6: try await S6Server()
        }
    }
}

/// What can be chosen about the servers in C.
struct Settings {
    var rowBytes: Int
    var checkpointPages: Int
}
