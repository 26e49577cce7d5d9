// SPDX-License-Identifier: Apache-2.0

public import SystemPackage

/// The file descriptor store of the service manager (`FileDescriptorStoreMax=`): what is in it is kept while the service
/// is down, and comes back with the next start, as ``ActivationSockets`` takes it over.
extension ServiceNotifier {
    /// Whether a name can be given to a stored descriptor: 1 to 255 bytes of printable ASCII, without a colon.
    public static func isStorable(name: String) -> Bool {
        (1...255).contains(name.utf8.count)
            && name.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: ":") }
    }

    /// Asks the manager to keep a descriptor (`FDSTORE=1`), whatever `poll(2)` says of it (`FDPOLL=0`). One that it keeps
    /// already is kept once.
    ///
    /// The manager does not answer: one that keeps nothing, or no more, closes it.
    /// - Precondition: the name is ``isStorable(name:)``.
    public func store(_ descriptor: HeldDescriptor, name: String) throws(Errno) {
        precondition(Self.isStorable(name: name), "no descriptor can be stored under such a name")
        try notify(["FDSTORE=1", "FDNAME=\(name)", "FDPOLL=0"], passing: [descriptor])
    }

    /// Asks the manager to close everything that it keeps under a name (`FDSTOREREMOVE=1`).
    /// - Precondition: the name is ``isStorable(name:)``.
    public func remove(stored name: String) throws(Errno) {
        precondition(Self.isStorable(name: name), "no descriptor can be stored under such a name")
        try notify(["FDSTOREREMOVE=1", "FDNAME=\(name)"])
    }
}
