// SPDX-License-Identifier: Apache-2.0

package import BasicContainers
package import Descriptors
package import JSONText
internal import SystemPackage
package import Varlink
package import VaultInterface

extension VaultConnection {
    /// Calls a method and waits for its reply.
    package func call<Method: InterfaceMethod>(
        _ method: Method.Type, _ parameters: Method.Parameters, passing descriptors: [HeldDescriptor] = []
    ) throws(VaultError) -> Method.Reply {
        try withConnection { connection throws(VarlinkClientError) in
            try connection.call(Method.method, parameters, passing: descriptors).decoded(as: Method.Reply.self)
        }
    }

    /// Calls a method that has several replies, and hands over each as it comes.
    ///
    /// - Parameters:
    ///   - isEndless: the replies come when they come, whatever the time limit.
    ///   - each: says whether to go on. If it does not, or throws, the connection is dropped.
    /// - Throws: ``VaultError``, and what `each` throws.
    package func callMore<Method: InterfaceMethod>(
        _ method: Method.Type, _ parameters: Method.Parameters, isEndless: Bool = false,
        each: (Method.Reply) throws -> Bool
    ) throws {
        try callMore(method, parameters, as: Method.Reply.self, isEndless: isEndless, each: each)
    }

    /// The same with replies that are read as another type, for who makes little of them.
    package func callMore<Method: InterfaceMethod, Reply: JSONReadable>(
        _ method: Method.Type, _ parameters: Method.Parameters, as type: Reply.Type, isEndless: Bool = false,
        each: (Reply) throws -> Bool
    ) throws {
        var failure: (any Error)?
        try stream(method, parameters, as: type, isEndless: isEndless) { reply in
            do {
                return try each(reply)
            } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
    }

    func stream<Method: InterfaceMethod, Reply: JSONReadable>(
        _ method: Method.Type, _ parameters: Method.Parameters, as type: Reply.Type, isEndless: Bool = false,
        each: (Reply) -> Bool
    ) throws(VaultError) {
        try withConnection { connection throws(VarlinkClientError) in
            connection.timeLimit = isEndless ? nil : timeLimit
            defer { connection.timeLimit = timeLimit }
            try connection.callMore(Method.method, parameters, as: type) { reply in each(reply) }
        }
    }

    /// ``open(_:reason:)`` in the words of the interface.
    package func callOpen(_ parameters: BrokerInterface.Open.Parameters) throws(VaultError) -> Opened {
        try checkRoom(for: parameters.requests.count)
        let opened = try withConnection { connection throws(VarlinkClientError) in
            var reply = try connection.call(BrokerInterface.Open.method, parameters)
            let message = try reply.decoded(as: BrokerInterface.Open.Reply.self)
            var descriptors = UniqueArray<OwnedDescriptor>()
            swap(&descriptors, &reply.descriptors)
            return Opened(grants: message.grants, descriptors: descriptors)
        }
        guard opened.grants.count == parameters.requests.count else {
            throw .malformed("\(parameters.requests.count) capabilities asked for, \(opened.grants.count) granted")
        }
        return opened
    }

    /// Whether there are numbers for so many descriptors: what is granted and then lost on the way would be used up.
    private func checkRoom(for count: Int) throws(VaultError) {
        do throws(Errno) {
            let null = try OwnedDescriptor.open("/dev/null")
            var room: [HeldDescriptor] = []
            for _ in 1..<max(count, 1) { room.append(HeldDescriptor(try null.duplicate())) }
        } catch {
            guard error == .tooManyOpenFiles else { return }
            throw .tooManyOpenFiles(wasGranted: false)
        }
    }

    /// Lends the connection to one call at a time, and connects again after a failure.
    private func withConnection<Result: ~Copyable & Sendable>(
        _ body: (VarlinkClientConnection) throws(VarlinkClientError) -> Result
    ) throws(VaultError) -> Result {
        do {
            return try connection.withLock { connection throws(VarlinkClientError) in
                if connection == nil { connection = try VarlinkClientConnection(path: path, timeLimit: timeLimit) }
                // It is there now.
                let current = connection!
                defer { if connection?.isUsable == false { connection = nil } }
                guard awaited.withLock({ $0.wait(on: current.socket) }) else { throw .failed(.canceled) }
                do throws(VarlinkClientError) {
                    return try body(current)
                } catch {
                    // One that another has taken over from: of this call the broker has seen nothing.
                    guard case .disconnected = error, current.wasTooLate else { throw error }
                }
                let next = try VarlinkClientConnection(path: path, timeLimit: timeLimit)
                connection = next
                guard awaited.withLock({ $0.wait(on: next.socket) }) else { throw .failed(.canceled) }
                return try body(next)
            }
        } catch {
            throw VaultError(error, path: path)
        }
    }
}

extension VarlinkReply {
    fileprivate borrowing func decoded<Message: JSONReadable>(
        as type: Message.Type
    ) throws(VarlinkClientError) -> Message {
        do {
            return try parameters(as: type)
        } catch {
            throw .malformed(error)
        }
    }
}

/// The reply to an `Open`: what was granted, and the descriptors that came with it.
package struct Opened: ~Copyable, Sendable {
    /// In the order of the requests.
    package let grants: [BrokerInterface.Grant]
    /// In the order in which they came; each grant says which is its own.
    package var descriptors: UniqueArray<OwnedDescriptor>

    /// The grants, each with its descriptor.
    consuming func takeGrants() throws(VaultError) -> UniqueArray<Grant> {
        var result = UniqueArray<Grant>(minimumCapacity: grants.count)
        try giveAway { grant, descriptor in result.append(Grant(grant, descriptor)) }
        return result
    }

    /// Gives away each grant with its descriptor, in the order of the requests.
    ///
    /// - Throws: ``VaultError/malformed(_:)`` if there is not exactly one descriptor for each.
    package consuming func giveAway(
        _ body: (BrokerInterface.Grant, consuming OwnedDescriptor) -> Void
    ) throws(VaultError) {
        guard grants.map(\.fileDescriptor).sorted() == Array(0..<descriptors.count) else {
            throw .malformed("the descriptors are not those of the grants")
        }
        let wire = grants
        var slots = UniqueArray<OwnedDescriptor?>(minimumCapacity: descriptors.count)
        while let descriptor = descriptors.popLast() { slots.append(descriptor) }
        for grant in wire {
            // Taken from the end, they lie in reverse; each index is there once.
            guard let descriptor = slots[slots.count - 1 - grant.fileDescriptor].take() else { continue }
            body(grant, descriptor)
        }
    }
}
