// SPDX-License-Identifier: Apache-2.0

import BasicContainers
import Descriptors
import VaultInterface

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

    /// Gives all descriptors up.
    func takeDescriptors() -> UniqueArray<OwnedDescriptor> {
        var taken = UniqueArray<OwnedDescriptor>()
        swap(&taken, &descriptors)
        return taken
    }
}
