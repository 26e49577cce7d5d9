// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BasicContainers
import Descriptors
import TerminalKit
import VaultClient
import VaultInterface

/// `vault transfer`: deposits leave one broker for another.
struct Transfer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transfer",
        abstract: "Move deposits to another vault.",
        discussion: """
            With their names, times and names for LISTEN_FDNAMES. All of them are brought to the other vault before this one \
            lets go of any: where something goes wrong before, all stay, and what was brought is removed again. What has left comes \
            back where the other vault dies meanwhile, and some may be with both.

            It takes rules that permit to open, remove and deposit them here, and to deposit and remove them there.

              vault transfer 'web/**' --to /run/other/vault.sock
            """)

    @OptionGroup var broker: BrokerOptions

    @Option(help: ArgumentHelp("The socket of the other vault.", valueName: "path"), completion: .file())
    var to: String

    @Option(help: ArgumentHelp("Why, for the audit log; some rules demand it.", valueName: "text"))
    var reason: String?

    @Argument(help: "Only names that match.", completion: Completion.names)
    var pattern: String

    func run() throws {
        let (here, there) = (try broker.connect(), try BrokerConnection(.path(to)))
        let deposits = try DepositSet.list(here, pattern)
        guard !deposits.isEmpty else {
            throw Failure(
                .refused, "no deposit that you may see is called '\(pattern)'", next: "vault list '\(pattern)'")
        }
        // Kept for this connection from here on, until they are confirmed or it ends.
        let opened = try DepositSet.open(deposits, of: here, takes: true, reason: reason)
        let leases = opened.grants.compactMap { $0.lease?.id }
        guard leases.count == deposits.count else {
            throw Failure(.unavailable, "the answer is not one of a vault", next: "vault and vaultd of one version")
        }
        var descriptors: [HeldDescriptor] = []
        var taken = opened.takeDescriptors()
        while !taken.isEmpty { descriptors.append(HeldDescriptor(taken.removeLast())) }
        descriptors.reverse()
        try DepositSet.deposit(deposits, descriptors, to: there)
        let move = Move(deposits: deposits, descriptors: descriptors, here: here, there: there)
        do throws(Failure) {
            try move.confirm(leases)
        } catch {
            throw Failure(
                error.status, error.message, next: "vault list '\(pattern)', here and there, for what both have")
        }
        let count = deposits.count
        try StandardOutput.print("\(count) \(count == 1 ? "deposit is" : "deposits are") at \(to.escaped)")
    }
}

/// Deposits that another broker has been brought, and this one is to let go of.
private struct Move {
    let deposits: [MovedDeposit]
    /// Until the end, so that nothing is lost with the other broker.
    let descriptors: [HeldDescriptor]
    let here: BrokerConnection
    let there: BrokerConnection

    /// Lets go of each here, after a look that it is held there; and looks once more at the end.
    func confirm(_ leases: [String]) throws(Failure) {
        for (place, lease) in leases.enumerated() {
            try look(at: place, moved: place)
            do throws(Failure) {
                _ = try here.call(BrokerInterface.Confirm.self, .init(lease: lease))
            } catch {
                // Where it is refused, this one has it and the rest. Without an answer it is not known: then both may.
                if error.status != .unavailable { DepositSet.remove(Array(deposits[place...]), from: there) }
                throw stopped(place, error)
            }
        }
        try look(at: deposits.count - 1, moved: deposits.count)
    }

    /// - Parameter moved: so many this one has let go of: where the other has gone they come back.
    private func look(at place: Int, moved: Int) throws(Failure) {
        do throws(Failure) {
            _ = try there.call(BrokerInterface.Describe.self, .init(name: deposits[place].name))
        } catch {
            let failure = stopped(moved, error)
            guard moved > 0 else { throw failure }
            do throws(Failure) {
                try DepositSet.deposit(Array(deposits[..<moved]), Array(descriptors[..<moved]), to: here)
            } catch {
                throw Failure(
                    failure.status, "\(failure.message); they cannot be put back: \(error.message)", next: failure.next)
            }
            throw failure
        }
    }

    private func stopped(_ moved: Int, _ error: Failure) -> Failure {
        Failure(error.status, "\(moved) of \(deposits.count) had left; then: \(error.message)", next: error.next)
    }
}
