// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Varlink
import VaultClient
import VaultInterface

/// The broker that a verb asks. What goes wrong comes as a `Failure`.
struct BrokerConnection {
    private let client: VaultClient

    init(_ location: BrokerLocation, timeLimit: Duration? = nil) throws(Failure) {
        do throws(VaultError) {
            client = try VaultClient(location, timeLimit: timeLimit)
        } catch {
            throw Failure(error)
        }
    }

    /// Calls a method and waits for its reply.
    func call<Method: InterfaceMethod>(
        _ method: Method.Type, _ parameters: Method.Parameters
    ) throws(Failure) -> Method.Reply {
        do throws(VaultError) {
            return try client.call(method, parameters)
        } catch {
            throw Failure(error, calling: method.method)
        }
    }

    /// Calls a method that may answer in several replies.
    /// - Parameter isEndless: the replies come when they come, whatever the time limit.
    func callMore<Method: InterfaceMethod>(
        _ method: Method.Type, _ parameters: Method.Parameters, isEndless: Bool = false,
        each: (Method.Reply) throws -> Void
    ) throws {
        do {
            try client.callMore(method, parameters, isEndless: isEndless) { reply in
                try each(reply)
                return true
            }
        } catch let error as VaultError {
            throw Failure(error, calling: method.method)
        }
    }

    /// Asks for capabilities, all or none.
    func open(_ requests: [BrokerInterface.Request], reason: String?) throws(Failure) -> OpenedCapabilities {
        guard requests.count <= MessageSocket.mostDescriptors else {
            throw Failure(
                .usage, "\(requests.count) names are too many for one call",
                next: "at most \(MessageSocket.mostDescriptors) at once")
        }
        do throws(VaultError) {
            var grants = try client.open(requests.map { .init($0.name, rights: $0.rights) }, reason: reason)
            let opened = OpenedCapabilities()
            while let grant = grants.popLast() {
                let index = grants.count
                let told = BrokerInterface.Grant(
                    name: grant.name, fileDescriptor: index, rights: grant.rights, kind: grant.kind,
                    delivery: grant.delivery, revocation: grant.revocation, record: grant.record,
                    lease: grant.lease.map {
                        .init(id: $0.id, expiresUSec: $0.expiresUSec, renewableUSec: $0.renewableUSec)
                    })
                opened.insert(told, grant.takeDescriptor())
            }
            return opened
        } catch {
            throw Failure(error, calling: BrokerInterface.Open.method)
        }
    }
}
