// SPDX-License-Identifier: Apache-2.0

/// When the broker opens what a capability names.
package enum Opening: String, CaseIterable, Sendable {
    case atStart = "at-start"
    case onFirstUse = "on-first-use"
    case eachGrant = "each-grant"
}
