// SPDX-License-Identifier: Apache-2.0

/// How the workers are shared: any of them may hang in what it was given until its time is over, so nobody gets all of them.
struct WorkerShares {
    /// For whom a request is, and where what it opens lies.
    struct Claim: Equatable {
        /// The uid on whose account it is; nil: the broker's own.
        var account: UInt32?
        /// The mount point of its path, where that file system is none of this machine's own, so that whoever serves it can
        /// let an open hang; nil where it cannot, or nothing is known of it.
        var servedMount: [UInt8]?
    }

    private let workers: Int
    private var running: [Claim]

    /// - Parameters:
    ///   - workers: how many there are.
    ///   - running: what they work on.
    init(workers: Int, running: [Claim]) {
        self.workers = workers
        self.running = running
    }

    private var half: Int { max(1, workers / 2) }
    private var allButOne: Int { max(1, workers - 1) }

    /// Whether a worker may be given to this: half of them at most to one uid, and to one mount that somebody serves; all such
    /// mounts together leave one; and the last one is for a uid that has none. What the broker opens for everybody is not
    /// counted against itself.
    func mayStart(_ claim: Claim) -> Bool {
        if claim.account != nil {
            let own = running.count { $0.account == claim.account }
            guard own < half else { return false }
            if own > 0, workers > 1, running.count >= workers - 1 { return false }
        }
        guard let mount = claim.servedMount else { return true }
        return running.count { $0.servedMount == mount } < half
            && running.count { $0.servedMount != nil } < allButOne
    }

    mutating func started(_ claim: Claim) { running.append(claim) }

    /// The order in which what waits is looked at: the first of each account, then the second of each, and what an account
    /// has running counts as its first ones.
    func order(of claims: [Claim]) -> [Int] {
        var ranks: [UInt32?: Int] = [:]
        for claim in running { ranks[claim.account, default: 0] += 1 }
        guard Set(claims.lazy.map(\.account)).count > 1 else { return Array(claims.indices) }
        let places = claims.indices.map { index in
            let rank = ranks[claims[index].account, default: 0]
            ranks[claims[index].account] = rank + 1
            return (rank: rank, index: index)
        }
        return places.sorted { ($0.rank, $0.index) < ($1.rank, $1.index) }.map(\.index)
    }
}

/// Which mounts are served by somebody who can let an open hang, as seen not long ago.
struct ServedMounts {
    /// File systems whose files are in this machine's memory or on its disks.
    private static let ownTypes: Set<String> = [
        "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "bcachefs", "zfs", "jfs", "tmpfs", "ramfs", "devtmpfs",
        "devpts", "proc", "sysfs", "overlay", "squashfs", "erofs", "vfat", "exfat", "ntfs3", "iso9660", "udf",
        "hugetlbfs", "mqueue",
    ]
    private static let longestAge: Int64 = 250_000

    private var points: [[UInt8]: Bool] = [:]
    private var readAt: Int64?

    /// The mount point above a path, as far as the path itself says, where that mount is one of these. Asks no file system.
    mutating func point(above path: String, now: Int64) -> [UInt8]? {
        if readAt.map({ now - $0 > Self.longestAge }) ?? true {
            readAt = now
            points = [:]
            // Of several on one point the last hides the others.
            if let mounts = try? MountTable.read() {
                for mount in mounts.all { points[mount.point] = !Self.ownTypes.contains(mount.type) }
            }
        }
        var path = Array(path.utf8)
        while true {
            if let isServed = points[path] { return isServed ? path : nil }
            guard path.count > 1, let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return nil }
            path.removeLast(path.count - max(1, slash))
        }
    }
}
