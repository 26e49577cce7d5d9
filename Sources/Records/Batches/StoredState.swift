// SPDX-License-Identifier: Apache-2.0

/// How often a rule was used, in all or within a window of its `rate`.
package struct RuleCounter: Sendable, Hashable {
    package var rule: String
    /// The uid that is counted, or nil where the rule counts all of them together.
    package var principal: UInt32?
    /// The length of the window in microseconds; 0 counts for the life of the rule.
    package var windowUSec: Int64
    package var used: UInt64
    /// When the newest use was (`CLOCK_REALTIME`, microseconds); 0 without a window.
    package var startedUSec: Int64
    /// The same on the boot clock; nil without a window, and in rows that were stored without it.
    package var startedBoot: BootTimeStamp?

    package init(
        rule: String, principal: UInt32?, used: UInt64, windowUSec: Int64 = 0, startedUSec: Int64 = 0,
        startedBoot: BootTimeStamp? = nil
    ) {
        self.rule = rule
        self.principal = principal
        self.used = used
        self.windowUSec = windowUSec
        self.startedUSec = startedUSec
        self.startedBoot = startedBoot
    }
}

/// A time on the boot clock, which means something within that boot only.
package struct BootTimeStamp: Sendable, Hashable {
    /// `/proc/sys/kernel/random/boot_id`.
    package var bootID: String
    /// `CLOCK_BOOTTIME`, microseconds.
    package var usec: Int64

    package init(bootID: String, usec: Int64) {
        self.bootID = bootID
        self.usec = usec
    }
}

/// A capability that was added to the running vault and stands in no file.
package struct StoredCapability: Sendable, Hashable {
    package var name: String
    package var document: String
    /// The index of its `capability.add` record.
    package var record: UInt64

    package init(name: String, document: String, record: UInt64) {
        self.name = name
        self.document = document
        self.record = record
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.name == right.name && left.record == right.record && left.document.isSame(as: right.document)
    }
}

/// A descriptor that a client passed in, and that is held.
package struct StoredDeposit: Sendable, Hashable {
    /// Of no other deposit, ever; the service manager keeps its descriptor under it.
    package var id: String
    /// The index of its `deposit` record.
    package var record: UInt64
    package var name: String
    /// The words of the rights.
    package var rights: [String]
    /// What the descriptor is, such as `pipe`.
    package var type: String
    /// The access mode and the status flags with which it is handed out (`F_GETFL`).
    package var flags: Int32
    /// The inode, where it has one of its own.
    package var inode: UInt64?
    /// Who passed it in.
    package var uid: UInt32
    package var user: String?
    /// The rule that it was charged to.
    package var rule: String
    /// The name that it is to have with the program that gets it (`LISTEN_FDNAMES`), where its depositor gave one.
    package var fdName: String?
    /// Whether it goes when its other end hangs up.
    package var endsWithHangUp: Bool
    package var bootID: String
    /// `CLOCK_REALTIME`, microseconds, for people; the boot clock decides.
    package var depositedUSec: Int64
    package var expiresBootUSec: Int64?
    package var expiresUSec: Int64?

    package init(
        id: String, record: UInt64, name: String, rights: [String], type: String, flags: Int32, inode: UInt64?,
        uid: UInt32, user: String? = nil, rule: String, fdName: String? = nil, endsWithHangUp: Bool = false,
        bootID: String, depositedUSec: Int64, expiresBootUSec: Int64? = nil, expiresUSec: Int64? = nil
    ) {
        self.id = id
        self.record = record
        self.name = name
        self.rights = rights
        self.type = type
        self.flags = flags
        self.inode = inode
        self.uid = uid
        self.user = user
        self.rule = rule
        self.fdName = fdName
        self.endsWithHangUp = endsWithHangUp
        self.bootID = bootID
        self.depositedUSec = depositedUSec
        self.expiresBootUSec = expiresBootUSec
        self.expiresUSec = expiresUSec
    }
}

/// A grant that is followed until it ends, and has not ended.
package struct StoredLease: Sendable, Hashable {
    package var id: String
    /// The index of its grant.
    package var record: UInt64
    package var capability: String
    /// The words of the rights.
    package var rights: [String]
    /// The rule that it was charged to.
    package var rule: String
    package var uid: UInt32
    /// The process that got it, as the daemon's pid namespace numbers it.
    package var pid: Int32
    /// With the boot id, the name of that process; nil before Linux 6.9.
    package var pidfdInode: UInt64?
    /// When that process started, in clock ticks since the boot; kept only where there is no inode.
    package var startTicks: UInt64?
    /// The boot in which its times and its process are to be found; a lease of another boot is over.
    package var bootID: String
    /// `CLOCK_REALTIME`, microseconds, as the other two for people; the boot clock decides.
    package var startedUSec: Int64
    package var expiresBootUSec: Int64?
    package var expiresUSec: Int64?
    package var renewableBootUSec: Int64?
    package var renewableUSec: Int64?

    package init(
        id: String, record: UInt64, capability: String, rights: [String], rule: String, uid: UInt32, pid: Int32,
        pidfdInode: UInt64? = nil, startTicks: UInt64? = nil, bootID: String, startedUSec: Int64,
        expiresBootUSec: Int64? = nil, expiresUSec: Int64? = nil, renewableBootUSec: Int64? = nil,
        renewableUSec: Int64? = nil
    ) {
        self.id = id
        self.record = record
        self.capability = capability
        self.rights = rights
        self.rule = rule
        self.uid = uid
        self.pid = pid
        self.pidfdInode = pidfdInode
        self.startTicks = startTicks
        self.bootID = bootID
        self.startedUSec = startedUSec
        self.expiresBootUSec = expiresBootUSec
        self.expiresUSec = expiresUSec
        self.renewableBootUSec = renewableBootUSec
        self.renewableUSec = renewableUSec
    }
}

/// A name and key under which the log has signed, from some record on.
package struct StoredOrigin: Sendable, Hashable {
    /// Counts from 1.
    package var number: Int
    /// The origin line of its checkpoints.
    package var name: String
    /// The verifier key (C2SP signed-note).
    package var key: String
    /// The index of the record that began it.
    package var record: UInt64

    package init(number: Int, name: String, key: String, record: UInt64) {
        self.number = number
        self.name = name
        self.key = key
        self.record = record
    }

    /// The same, begun by another record.
    package func begun(by record: UInt64) -> StoredOrigin {
        var origin = self
        origin.record = record
        return origin
    }

    /// What a log is called when it goes on after `name`: `NAME/2`, and so on.
    package static func name(after name: String) -> String {
        guard let slash = name.utf8.lastIndex(of: UInt8(ascii: "/")),
            let number = Int(name[name.utf8.index(after: slash)...]), number > 1,
            number < Int.max
        else { return "\(name)/2" }
        return "\(name[..<slash])/\(number + 1)"
    }
}

/// A signed checkpoint as the database keeps it.
package struct StoredCheckpoint: Sendable, Hashable {
    package var size: UInt64
    /// The note as it was signed, without cosignatures.
    package var note: String

    package init(size: UInt64, note: String) {
        self.size = size
        self.note = note
    }
}
