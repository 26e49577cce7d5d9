// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SystemPackage

/// Tells the service manager about the state of this process: the datagrams of sd_notify(3), to `NOTIFY_SOCKET`.
public struct ServiceNotifier: Sendable {
    /// The manager's socket.
    public let address: UnixAddress
    /// How many descriptors the manager keeps for this service (`FDSTORE`, systemd 254); nil: it does not say.
    public let storeLimit: Int?

    public init(address: UnixAddress, storeLimit: Int? = nil) {
        self.address = address
        self.storeLimit = storeLimit
    }

    /// - Returns: `nil` if there is no `NOTIFY_SOCKET`, or it is no Unix address: nobody wants to know.
    public init?(environment: [String] = ChildProcess.currentEnvironment) {
        guard let value = environment.value(of: "NOTIFY_SOCKET"), value.count > 1,
            value.hasPrefix("/") || value.hasPrefix("@")
        else { return nil }
        self.init(
            address: UnixAddress(notation: value), storeLimit: environment.value(of: "FDSTORE").flatMap { Int($0) })
    }

    /// Sends one message of lines `NAME=VALUE`, such as `READY=1` or `STATUS=…`.
    ///
    /// - Parameters:
    ///   - descriptors: for `FDSTORE=1`.
    ///   - waits: whether for a manager that does not take it at once.
    /// - Throws: `EAGAIN` if the manager does not take it for a second, or at once.
    /// - Precondition: no line holds a line break.
    public func notify(
        _ lines: [String], passing descriptors: [HeldDescriptor] = [], waits: Bool = true
    ) throws(Errno) {
        precondition(lines.allSatisfy { !$0.utf8.contains(UInt8(ascii: "\n")) }, "a line break would forge a line")
        let socket = try UnixSocket.make(.datagram)
        if waits { try SocketOption.setSendTimeout(.seconds(1), on: socket) }
        let text = Array(lines.joined(separator: "\n").utf8)
        try MessageSocket.send(text.span, passing: descriptors, to: address, on: socket, flags: waits ? [] : .dontWait)
    }

    /// `READY=1`, with a text for people.
    public func ready(status: String? = nil) throws(Errno) {
        try notify(["READY=1"] + (status.map { ["STATUS=\($0)"] } ?? []))
    }

    /// `STATUS=…`, a text for people.
    public func status(_ text: String) throws(Errno) {
        try notify(["STATUS=\(text)"])
    }

    /// `WATCHDOG=1`, a sign of life.
    public func watchdog() throws(Errno) {
        try notify(["WATCHDOG=1"])
    }

    /// `STATUS=…` for a service that does not start: why, with anything that would end the line taken out.
    public func failed(_ text: String) throws(Errno) {
        let line = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
        try notify(["STATUS=\(line)"])
    }

    /// `STOPPING=1`.
    public func stopping() throws(Errno) {
        try notify(["STOPPING=1"])
    }

    /// `RELOADING=1` with the time that `Type=notify-reload` wants; ``ready(status:)`` ends it.
    public func reloading() throws(Errno) {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let microseconds = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
        try notify(["RELOADING=1", "MONOTONIC_USEC=\(microseconds)"])
    }
}

extension [String] {
    /// The value of a variable in an environment.
    func value(of name: String) -> String? {
        first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
    }
}

/// The file descriptor store of the service manager (`FileDescriptorStoreMax=`): what is in it is kept while the service
/// is down, and comes back with the next start, as ``ActivationSockets`` takes it over.
extension ServiceNotifier {
    /// Whether a name can be given to a stored descriptor: 1 to 255 bytes of printable ASCII, without a colon.
    public static func isStorable(name: String) -> Bool {
        (1...255).contains(name.utf8.count)
            && name.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: ":") }
    }

    /// Asks the manager to keep a descriptor (`FDSTORE=1`).
    ///
    /// - Parameter endsWithHangUp: it is kept until `poll(2)` reports a hang-up or an error; else whatever that says
    ///   (`FDPOLL=0`).
    ///
    /// The manager does not answer: one that keeps nothing, or no more, closes it. An open file description that it keeps already it
    /// does not keep again under another name.
    /// - Precondition: the name is ``isStorable(name:)``.
    public func store(
        _ descriptor: HeldDescriptor, name: String, endsWithHangUp: Bool = false, waits: Bool = true
    ) throws(Errno) {
        precondition(Self.isStorable(name: name), "no descriptor can be stored under such a name")
        let polls = endsWithHangUp ? [] : ["FDPOLL=0"]
        try notify(["FDSTORE=1", "FDNAME=\(name)"] + polls, passing: [descriptor], waits: waits)
    }

    /// Asks the manager to close everything that it keeps under a name (`FDSTOREREMOVE=1`).
    /// - Precondition: the name is ``isStorable(name:)``.
    public func remove(stored name: String, waits: Bool = true) throws(Errno) {
        precondition(Self.isStorable(name: name), "no descriptor can be stored under such a name")
        try notify(["FDSTOREREMOVE=1", "FDNAME=\(name)"], waits: waits)
    }
}
