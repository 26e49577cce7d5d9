// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// A value of a configuration file, with the place where it was written.
package struct Setting<Value: Sendable & Equatable>: Sendable, Equatable {
    package var value: Value
    package var place: Place

    package init(_ value: Value, place: Place) {
        self.value = value
        self.place = place
    }
}
