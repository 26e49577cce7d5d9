// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// What a set of policy files says, as one document.
package struct PolicySet: Sendable, Equatable {
    package var capabilities: [Capability] = []
    package var rules: [Rule] = []
    package var tests: [PolicyTest] = []

    package init() {}
}
