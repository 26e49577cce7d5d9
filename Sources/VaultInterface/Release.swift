// SPDX-License-Identifier: Apache-2.0

/// What all programs of this package answer to `--version`, and the broker to `GetInfo`. The check of the documentation
/// compares it with the newest entry of `.github/CHANGES.md`.
package enum Release {
    package static let version = "0.1.0"
}
