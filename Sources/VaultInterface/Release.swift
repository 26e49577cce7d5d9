// SPDX-License-Identifier: Apache-2.0

/// What all programs of this package answer to `--version`.
package enum Release {
    package static let version = "0.1.0"
}
