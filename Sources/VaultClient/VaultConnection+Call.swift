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
        let begin = BootTime.now
        let opened = try withConnection { connection throws(VarlinkClientError) in
            var reply = try connection.call(BrokerInterface.Open.method, parameters, takingIncomplete: true)
            let message = try reply.decoded(as: BrokerInterface.Open.Reply.self)
            var descriptors = UniqueArray<OwnedDescriptor>()
            swap(&descriptors, &reply.descriptors)
            if reply.lacksDescriptors && descriptors.count >= message.grants.count {
                throw .malformed(.descriptorsLost)
            }
            let opened = Opened(grants: message.grants, descriptors: descriptors)
            // What is taken is confirmed.
            let taken = Set(parameters.requests.filter { $0.take == true }.map(\.name))
            guard opened.grants.count == parameters.requests.count, let receipt = opened.receipt(without: taken) else {
                return opened
            }
            connection.holdOneway(BrokerInterface.Received.method, receipt)
            let now = BootTime.now
            let former = lastGrant.withLock { last in
                defer { last = now }
                return last
            }
            let isOneOfMany = former.map { $0.advanced(by: Self.quickSuccession) >= begin } ?? false
            if !isOneOfMany || receipt.missing != nil { connection.sendHeld() }
            return opened
        }
        guard opened.grants.count == parameters.requests.count else {
            throw .malformed("\(parameters.requests.count) capabilities asked for, \(opened.grants.count) granted")
        }
        let missing = opened.missing
        guard missing.isEmpty else {
            // What did come is closed when this returns; whether there is room now is how it was.
            try checkRoom(for: missing.count, wasGranted: true)
            throw .descriptorsMissing(names: missing.map(\.name), records: missing.map(\.record))
        }
        return opened
    }

    /// After a grant another call is expected for so long.
    private static let quickSuccession = Duration.milliseconds(10)

    /// Whether there are numbers for so many descriptors: what is granted and then lost on the way would be used up.
    private func checkRoom(for count: Int, wasGranted: Bool = false) throws(VaultError) {
        do throws(Errno) {
            let null = try OwnedDescriptor.open("/dev/null")
            var room: [HeldDescriptor] = []
            for _ in 1..<max(count, 1) { room.append(HeldDescriptor(try null.duplicate())) }
        } catch {
            guard error == .tooManyOpenFiles else { return }
            throw .tooManyOpenFiles(wasGranted: wasGranted)
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

    /// Whether each grant names a descriptor of its own, whether or not that has come.
    private var isSound: Bool { grants.map(\.fileDescriptor).sorted() == Array(0..<grants.count) }

    /// The grants whose descriptors did not come, in the order in which they were sent: the kernel delivers none behind the
    /// first that it cannot.
    var missing: [BrokerInterface.Grant] {
        guard descriptors.count < grants.count, isSound else { return [] }
        return grants.filter { $0.fileDescriptor >= descriptors.count }
            .sorted { $0.fileDescriptor < $1.fileDescriptor }
    }

    /// What the broker is told of it; nil: nothing.
    /// - Parameter taken: of these it is told in another way that they have arrived.
    func receipt(without taken: Set<String>) -> BrokerInterface.Received.Parameters? {
        guard !grants.isEmpty, descriptors.count <= grants.count, isSound else { return nil }
        let missing = missing.map(\.record)
        let records = grants.filter { $0.fileDescriptor < descriptors.count && !taken.contains($0.name) }.map(\.record)
        guard !records.isEmpty || !missing.isEmpty else { return nil }
        return .init(records: records, missing: missing.isEmpty ? nil : missing)
    }

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
