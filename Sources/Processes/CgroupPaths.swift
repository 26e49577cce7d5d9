// SPDX-License-Identifier: Apache-2.0

/// Which control group has which path. The kernel never gives an id twice, and groups of the unified hierarchy cannot
/// be renamed, so what is here stays true.
struct CgroupPaths: Sendable {
    private var paths: [UInt64: String] = [:]

    /// More groups than this are forgotten all together: it takes one read each to learn those again that still count.
    static let limit = 4096

    func path(ofGroup id: UInt64) -> String? { paths[id] }

    mutating func remember(_ path: String, ofGroup id: UInt64) {
        if paths.count >= Self.limit { paths.removeAll(keepingCapacity: true) }
        paths[id] = path
    }
}
