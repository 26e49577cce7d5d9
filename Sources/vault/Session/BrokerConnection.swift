// SPDX-License-Identifier: Apache-2.0

import BasicContainers
import Descriptors
import JSONText
import TerminalKit
import Varlink
import VaultClient
import VaultInterface

/// The broker that a verb asks. What goes wrong comes as a `Failure`.
struct BrokerConnection {
    private let client: VaultConnection

    init(_ location: BrokerLocation, timeLimit: Duration? = nil) throws(Failure) {
        do throws(VaultError) {
            client = try VaultConnection(location, timeLimit: timeLimit)
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
        try callMore(method, parameters, as: Method.Reply.self, isEndless: isEndless, each: each)
    }

    /// The same with replies that are read as another type.
    func callMore<Method: InterfaceMethod, Reply: JSONReadable>(
        _ method: Method.Type, _ parameters: Method.Parameters, as type: Reply.Type, isEndless: Bool = false,
        each: (Reply) throws -> Void
    ) throws {
        do {
            try client.callMore(method, parameters, as: type, isEndless: isEndless) { reply in
                try each(reply)
                return true
            }
        } catch let error as VaultError {
            throw Failure(error, calling: method.method)
        }
    }

    /// The first of several replies. The connection is of no use after it.
    func first<Method: InterfaceMethod>(
        _ method: Method.Type, _ parameters: Method.Parameters
    ) throws(Failure) -> Method.Reply? {
        var first: Method.Reply?
        do {
            try client.callMore(method, parameters) { reply in
                first = reply
                return false
            }
        } catch let error as VaultError {
            throw Failure(error, calling: method.method)
        } catch {
            throw Failure(.unavailable, "\(error)", next: "vault status")
        }
        return first
    }

    /// Has the broker hold descriptors.
    func deposit(
        _ parameters: BrokerInterface.Deposit.Parameters, passing descriptors: [HeldDescriptor]
    ) throws(Failure) -> BrokerInterface.Deposit.Reply {
        do throws(VaultError) {
            return try client.callDeposit(parameters, passing: descriptors)
        } catch {
            throw Failure(error, calling: BrokerInterface.Deposit.method)
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
            let opened = OpenedCapabilities()
            try client.callOpen(.init(requests: requests, reason: reason)).giveAway { opened.append($0, $1) }
            return opened
        } catch {
            throw Failure(error, calling: BrokerInterface.Open.method)
        }
    }
}

/// What `Open` gave, in the order of the requests. It owns the descriptors until somebody takes them over.
final class OpenedCapabilities {
    private(set) var grants: [BrokerInterface.Grant] = []
    /// Empty after ``takeDescriptors()``.
    private var descriptors = UniqueArray<OwnedDescriptor>()

    /// Adds one, which from now on counts its descriptor in the order of the requests.
    func append(_ grant: BrokerInterface.Grant, _ descriptor: consuming OwnedDescriptor) {
        var grant = grant
        grant.fileDescriptor = grants.count
        grants.append(grant)
        descriptors.append(descriptor)
    }

    /// Copies what a descriptor gives.
    func copy(_ index: Int, to target: StandardDescriptor) throws(DescriptorCopy.Problem) {
        try DescriptorCopy.copy(from: descriptors[index], to: target)
    }

    /// Reads a descriptor to its end, and sets a variable of the environment to what it held. Standard error is told who
    /// can see it there.
    func set(_ content: PassingPlan.Content) throws(Failure) {
        let name = grants[content.request].name
        let value = try VariableContent.read(descriptors[content.request], of: name, for: content.variable)
        StandardOutput.writeError(VariableContent.warning(name, in: content.variable))
        VariableContent.set(content.variable, to: value)
    }

    /// Gives all descriptors up.
    func takeDescriptors() -> UniqueArray<OwnedDescriptor> {
        var taken = UniqueArray<OwnedDescriptor>()
        swap(&taken, &descriptors)
        return taken
    }
}
