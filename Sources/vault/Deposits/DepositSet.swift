// SPDX-License-Identifier: Apache-2.0

import BasicContainers
import Descriptors
import JSONText
import TerminalKit
import VaultInterface

/// A deposit, as another broker is to have it.
struct MovedDeposit: Equatable {
    let name: String
    /// `CLOCK_REALTIME`, microseconds.
    var expiresUSec: Int?
    var fdName: String?
}

/// Many deposits of one broker: listed, opened and deposited in as many calls as it takes.
enum DepositSet {
    /// Those whose names match.
    static func list(_ connection: BrokerConnection, _ pattern: String?) throws -> [MovedDeposit] {
        var deposits: [MovedDeposit] = []
        try connection.callMore(BrokerInterface.List.self, .init(pattern: pattern)) { reply in
            deposits += reply.capabilities.filter { $0.origin == "deposited" }.map {
                MovedDeposit(name: $0.name, expiresUSec: $0.expiresUSec, fdName: $0.fdName)
            }
        }
        return deposits
    }

    /// Pieces that are as long as one call may be.
    private static func pieces<Element>(_ all: [Element]) -> [ArraySlice<Element>] {
        let most = MessageSocket.mostDescriptors
        return stride(from: 0, to: all.count, by: most).map { all[$0..<min($0 + most, all.count)] }
    }

    /// Asks for all of them.
    /// - Parameter takes: to have them for oneself, as soon as each lease has been confirmed over this connection.
    static func open(
        _ deposits: [MovedDeposit], of connection: BrokerConnection, takes: Bool, reason: String?
    ) throws(Failure) -> OpenedCapabilities {
        let all = OpenedCapabilities()
        for piece in pieces(deposits) {
            let opened = try connection.open(
                piece.map { .init(name: $0.name, take: takes ? true : nil) }, reason: reason)
            var descriptors = opened.takeDescriptors()
            for grant in opened.grants { all.append(grant, descriptors.remove(at: 0)) }
        }
        return all
    }

    /// Has a broker hold all of them, or none: where a call is refused, what the calls before it brought is removed again.
    /// - Parameter descriptors: one for each.
    static func deposit(
        _ deposits: [MovedDeposit], _ descriptors: [HeldDescriptor], replace: Bool = false,
        to connection: BrokerConnection
    ) throws(Failure) {
        var done: [MovedDeposit] = []
        do throws(Failure) {
            for (piece, passed) in zip(pieces(deposits), pieces(descriptors)) {
                _ = try connection.deposit(parameters(piece, replace), passing: Array(passed))
                done += piece
            }
        } catch {
            // What is replaced is gone; nothing brings it back.
            if !replace { remove(done, from: connection) }
            throw error
        }
    }

    private static func parameters(
        _ deposits: ArraySlice<MovedDeposit>, _ replace: Bool
    ) -> BrokerInterface.Deposit.Parameters {
        let now = Int(SystemClock.wallTimeUSec())
        let all = deposits.enumerated().map { place, deposit in
            BrokerInterface.Deposited(
                name: deposit.name, fileDescriptor: place, replace: replace ? true : nil,
                expiresAfterUSec: deposit.expiresUSec.map { max(1, $0 - now) }, fdName: deposit.fdName)
        }
        return .init(
            name: all[0].name, fileDescriptor: 0, replace: all[0].replace, expiresAfterUSec: all[0].expiresAfterUSec,
            fdName: all[0].fdName, further: Array(all.dropFirst()))
    }

    /// Takes back what was brought, as far as that can be done; of what is left it is told.
    static func remove(_ deposits: [MovedDeposit], from connection: BrokerConnection) {
        for deposit in deposits {
            do throws(Failure) {
                _ = try connection.call(BrokerInterface.Remove.self, .init(name: deposit.name))
            } catch {
                StandardOutput.writeErrorLine(
                    "vault: warning: \(deposit.name.escaped) stays where it was brought: \(error.message.escaped)")
            }
        }
    }
}
