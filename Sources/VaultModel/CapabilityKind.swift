// SPDX-License-Identifier: Apache-2.0

/// What a capability is. The raw value is the word on the wire, in records and in policy files.
package enum CapabilityKind: String, CaseIterable, Sendable {
    case file, directory, fifo, pipe, listener, connection, memory, device, helper, deposit
}
