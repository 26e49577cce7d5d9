// SPDX-License-Identifier: Apache-2.0

public import BasicContainers
internal import Descriptors
public import JSONText
import Synchronization
internal import Varlink
internal import VaultInterface

/// Asks a broker for open descriptors.
///
///     let vault = try VaultConnection()
///     let log = try vault.open("logs/web/access", rights: .read)
///
/// Each method is there twice. From synchronous code it blocks its thread. With `await` it runs on the one thread that a
/// connection has for all of its awaited calls, never on the cooperative pool, and ends when its task is cancelled. Calls on
/// one connection go one after the other; a program that wants several at once uses several connections.
///
/// It tells the broker what has arrived of what was granted (``sendReceipts()``).
///
/// When the broker has ended and another has taken its place, a call connects again. When the connection is lost within a call
/// that fails, and the next one connects again: no call is repeated of which the broker may have seen anything, since it
/// could have been granted already.
public final class VaultConnection: Sendable {
    /// The path of the broker's socket.
    public let path: String
    /// How long a call may take; `nil`: as long as it takes.
    public let timeLimit: Duration?
    /// `nil` after it failed.
    let connection: Mutex<VarlinkClientConnection?>
    /// The socket of the call that is under way, if it is one that is awaited.
    let awaited = Mutex(AwaitedCall())
    /// Of the calls that are awaited; there with the first of them.
    private let thread = Mutex<WorkThread?>(nil)
    /// When something was granted last.
    let lastGrant = Mutex<BootTime?>(nil)

    var callThread: WorkThread {
        thread.withLock { thread in
            let current = thread ?? WorkThread(name: "vault-client")
            thread = current
            return current
        }
    }

    /// Connects to a broker.
    ///
    /// - Throws: ``VaultError/unavailable(path:_:)``.
    public init(_ location: BrokerLocation = .automatic, timeLimit: Duration? = nil) throws(VaultError) {
        path = location.resolvedPath
        self.timeLimit = timeLimit
        connection = Mutex(try Self.newConnection(path, timeLimit))
    }

    private static func newConnection(
        _ path: String, _ timeLimit: Duration?
    ) throws(VaultError) -> sending VarlinkClientConnection {
        do {
            return try VarlinkClientConnection(path: path, timeLimit: timeLimit)
        } catch {
            throw VaultError(error, path: path)
        }
    }

    // MARK: - Calls

    /// Asks for one capability.
    ///
    /// - Parameters:
    ///   - rights: those that are needed; one that may not be had makes the call fail. `nil`: as much as may be had.
    ///   - reason: goes to the audit log; some rules require one.
    public func open(
        _ name: String, rights: Rights? = nil, reason: String? = nil
    ) throws(VaultError) -> Grant {
        var grants = try open([Request(name, rights: rights)], reason: reason)
        return grants.removeLast()
    }

    /// Asks for several capabilities, all or none.
    ///
    /// - Returns: the grants, in the order of the requests.
    public func open(_ requests: [Request], reason: String? = nil) throws(VaultError) -> UniqueArray<Grant> {
        let wire = requests.map {
            BrokerInterface.Request(name: $0.name, rights: $0.rights?.words, take: $0.takes ? true : nil)
        }
        let opened = try callOpen(.init(requests: wire, reason: reason))
        return try opened.takeGrants()
    }

    /// Tells the broker now what has arrived of what was granted.
    ///
    /// It does so by itself as soon as something is granted, and where grants come in quick succession together with the
    /// next call, or when the connection is given up. So this is for a program that asks for many capabilities, and then keeps
    /// the connection without a call. It waits for nothing.
    public func sendReceipts() { connection.withLock { $0?.sendHeld() } }

    /// Extends a lease that this process got, by as long as its rule says.
    ///
    /// - Returns: the lease as it is now.
    /// - Throws: ``VaultError/notHeld(lease:)`` when it has ended or is another process's;
    ///   ``VaultError/quotaExceeded(limit:retryAfter:)`` (`max-lease`) when it cannot be extended further.
    public func renew(_ lease: Lease) throws(VaultError) -> Lease {
        Lease(try call(BrokerInterface.Renew.self, .init(lease: lease.id)).lease)
    }

    /// Gives back a lease that this process got. Close its descriptor before.
    ///
    /// - Throws: ``VaultError/notHeld(lease:)`` when it has ended already or is another process's.
    public func release(_ lease: Lease) throws(VaultError) {
        _ = try call(BrokerInterface.Release.self, .init(lease: lease.id))
    }

    /// The capabilities that the caller may see, by name.
    ///
    /// - Parameter pattern: `*` stands for one segment of a name or a part of one, `**` for any number of segments.
    public func list(_ pattern: String? = nil) throws(VaultError) -> [Capability] {
        var capabilities: [Capability] = []
        try stream(
            BrokerInterface.List.self, .init(pattern: pattern), as: BrokerInterface.List.Reply.self
        ) { reply in
            capabilities += reply.capabilities.map(Capability.init)
            return true
        }
        return capabilities
    }

    /// One capability that the caller may see.
    public func describe(_ name: String) throws(VaultError) -> Capability {
        Capability(try call(BrokerInterface.Describe.self, .init(name: name)).capability)
    }

    /// Who the caller is, as the broker sees it: the facts that rules select on, in the words of the audit log.
    public func whoAmI() throws(VaultError) -> JSONObject {
        try call(Untyped<BrokerInterface.WhoAmI>.self, .init())["identity"]?.object ?? [:]
    }
}
