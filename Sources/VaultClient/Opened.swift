// SPDX-License-Identifier: Apache-2.0

package import BasicContainers
package import Descriptors
package import VaultInterface

/// The reply to an `Open`: what was granted, and the descriptors that came with it.
package struct Opened: ~Copyable, Sendable {
    /// In the order of the requests.
    package let grants: [BrokerInterface.Grant]
    /// In the order in which they came; each grant says which is its own.
    package var descriptors: UniqueArray<OwnedDescriptor>

    /// The grants, each with its descriptor.
    ///
    /// - Throws: ``VaultError/malformed(_:)`` if there is not exactly one descriptor for each.
    consuming func takeGrants() throws(VaultError) -> UniqueArray<Grant> {
        guard grants.map(\.fileDescriptor).sorted() == Array(0..<descriptors.count) else {
            throw .malformed("the descriptors are not those of the grants")
        }
        let wire = grants
        var slots = UniqueArray<OwnedDescriptor?>(minimumCapacity: descriptors.count)
        while let descriptor = descriptors.popLast() { slots.append(descriptor) }
        var result = UniqueArray<Grant>(minimumCapacity: wire.count)
        for grant in wire {
            // Taken from the end, they lie in reverse; each index is there once.
            guard let descriptor = slots[slots.count - 1 - grant.fileDescriptor].take() else { continue }
            result.append(Grant(grant, descriptor))
        }
        return result
    }
}
