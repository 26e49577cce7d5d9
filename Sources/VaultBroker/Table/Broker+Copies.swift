// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import SystemPackage
import VaultModel

/// Copies of secrets: each grantee gets memory of its own, which belongs to it and which nobody else may open.
extension Broker {
    /// A copy up to this size is made on the loop, in a few microseconds; larger ones by the opener.
    static let largestOwnCopy = 64 << 10
    /// The bytes of the copies that are made ahead for one user of one capability.
    static let bytesAhead = 256 << 10

    /// Whose the copies of this caller are; nil when its user has no number here, so that nothing can belong to it.
    func copyOwner(_ session: Session) -> SealedMemory.Owner? {
        let identity = session.identity
        guard identity.idMapIsIdentity || identity.uid != Self.overflowID else { return nil }
        return SealedMemory.Owner(uid: identity.uid, gid: identity.gid)
    }

    /// What the kernel says in place of an id that the user namespace does not have (`/proc/sys/kernel/overflowuid`).
    private static let overflowID: UInt32 = 65534

    /// A copy of what is held: made here where this process can make one that belongs to the caller, else by the opener,
    /// which has the rights; for a caller who comes often, ahead.
    func acquireCopy(
        _ entry: CapabilityEntry, _ held: HeldDescriptor, _ rights: Rights, for caller: SealedMemory.Owner?,
        _ done: @escaping (Acquired) -> Void
    ) {
        if entry.memorySize <= Self.largestOwnCopy, geteuid() == 0 || caller?.uid == geteuid() {
            let copy: Result<HeldDescriptor, OpenProblem>
            do {
                copy = .success(HeldDescriptor(try SealedMemory.copy(of: held, owner: caller)))
            } catch {
                copy = .failure(OpenProblem(error))
            }
            return done(checked(copy, entry, rights, .fresh))
        }
        let limit = entry.memorySize == 0 ? 1 : min(Self.bytesAhead / entry.memorySize, FreshStock.largest)
        if let ready = entry.stock.take(rights, owner: caller, limit: limit) {
            orderCopies(entry, held, rights, for: caller)
            return done(checked(Result<_, OpenProblem>.success(ready), entry, rights, .fresh))
        }
        opener.copy(held, owner: caller) {
            done(self.checked($0.mapError(OpenProblem.init), entry, rights, .fresh))
        }
        orderCopies(entry, held, rights, for: caller)
    }

    private func orderCopies(
        _ entry: CapabilityEntry, _ held: HeldDescriptor, _ rights: Rights, for caller: SealedMemory.Owner?
    ) {
        guard opener.hasTime else { return }
        for _ in 0..<entry.stock.order(rights, owner: caller) {
            opener.copy(held, owner: caller) { result in
                // A copy that was ordered of what is not held any more is closed.
                guard entry.held === held else { return }
                entry.stock.arrived(try? result.get(), rights, owner: caller)
            }
        }
    }

    /// What the source holds now, as a copy of the caller's.
    func readAnew(
        _ source: MemorySource, for caller: SealedMemory.Owner?,
        _ done: @escaping (Result<HeldDescriptor, OpenProblem>) -> Void
    ) {
        switch source {
        case .file(let path):
            opener.memory(path: path, sizeLimit: UInt32(Self.largestMemory), owner: caller) {
                done($0.mapError(OpenProblem.init))
            }
        case .credential(let name):
            readCredential(name, owner: caller) { done($0.map(\.descriptor)) }
        }
    }
}
