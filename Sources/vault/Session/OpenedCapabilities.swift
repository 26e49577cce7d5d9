// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import VaultInterface

/// What `Open` gave, in the order of the requests. It owns the descriptors until somebody takes them over.
final class OpenedCapabilities {
    private(set) var grants: [BrokerInterface.Grant] = []
    /// Owned; empty after `release()`.
    private var descriptors: [CInt] = []

    /// Adds one in front.
    func insert(_ grant: BrokerInterface.Grant, _ descriptor: consuming OwnedDescriptor) {
        grants.insert(grant, at: 0)
        descriptors.insert(descriptor.release(), at: 0)
    }

    /// A descriptor, borrowed.
    func descriptor(_ index: Int) -> CInt { descriptors[index] }

    /// Gives all descriptors up: the caller now has to close them.
    func release() -> [CInt] {
        defer { descriptors = [] }
        return descriptors
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }
}
