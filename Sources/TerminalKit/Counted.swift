// SPDX-License-Identifier: Apache-2.0

/// A number with what it counts.
package enum Counted {
    /// `1 file`, `2 files`.
    /// - Parameter many: where it is not `one` with an `s`.
    package static func text(_ count: Int, _ one: String, _ many: String? = nil) -> String {
        "\(count) \(count == 1 ? one : many ?? "\(one)s")"
    }
}
