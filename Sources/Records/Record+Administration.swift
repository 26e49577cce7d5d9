// SPDX-License-Identifier: Apache-2.0

extension Record {
    /// A run of the daemon begins.
    package struct Start: Sendable, Equatable {
        package var version: String
        /// How many grants of the run before have an outcome that nobody knows.
        package var undelivered: Int
        /// Under which name the log signs; nil in a log of before there were signatures.
        package var origin: String?

        package init(version: String, undelivered: Int, origin: String?) {
            self.version = version
            self.undelivered = undelivered
            self.origin = origin
        }
    }

    /// The wall clock is right as it is, though records have later times.
    package struct ClockAcceptance: Sendable, Equatable {
        package var peer: PeerText
        package var reason: String?
        /// `CLOCK_REALTIME`, microseconds, as the other.
        package var newestUSec: Int64
        package var acceptedUSec: Int64

        package init(peer: PeerText, reason: String?, newestUSec: Int64, acceptedUSec: Int64) {
            self.peer = peer
            self.reason = reason
            self.newestUSec = newestUSec
            self.acceptedUSec = acceptedUSec
        }
    }

    /// A change of authority: the policy from this record on, by whom, and why.
    package struct Revision: Sendable, Equatable {
        package var policy: PolicyStamp
        /// nil for the daemon itself.
        package var peer: PeerText?
        package var reason: String?

        package init(policy: PolicyStamp, peer: PeerText? = nil, reason: String? = nil) {
            self.policy = policy
            self.peer = peer
            self.reason = reason
        }
    }

    /// What a policy was made from. Nothing of it where the owner's own rules were put in place.
    package struct Applied: Sendable, Equatable {
        /// The policy directory, where the files were read from there.
        package var directory: String?
        /// How many files there were.
        package var files: Int?
        /// How many rules and capabilities are other than before.
        package var changes: Int?
        /// The ids of names, where only they were looked up again; empty too where there were too many for a record.
        package var resolved: [String]?

        package init(directory: String? = nil, files: Int? = nil, changes: Int? = nil, resolved: [String]? = nil) {
            self.directory = directory
            self.files = files
            self.changes = changes
            self.resolved = resolved
        }
    }

    /// The log goes on under another name, since it was found not to be what had been signed.
    package struct NewOrigin: Sendable, Equatable {
        package var name: String
        /// The verifier key.
        package var key: String
        /// What was found.
        package var finding: String
        /// The newest checkpoint of before.
        package var previous: String?

        package init(name: String, key: String, finding: String, previous: String?) {
            self.name = name
            self.key = key
            self.finding = finding
            self.previous = previous
        }
    }

    /// The texts of old records are deleted, from one up to another.
    package struct Prune: Sendable, Equatable {
        package var peer: PeerText
        package var from: UInt64
        package var before: UInt64
        /// How many records a signed checkpoint covers.
        package var signed: UInt64
        /// Of the archive that was written before; nil: none.
        package var archiveSHA256: String?

        package init(peer: PeerText, from: UInt64, before: UInt64, signed: UInt64, archiveSHA256: String?) {
            self.peer = peer
            self.from = from
            self.before = before
            self.signed = signed
            self.archiveSHA256 = archiveSHA256
        }
    }

    /// What the service manager kept over a restart.
    package enum StoredDescriptor: Sendable, Equatable {
        /// Of a capability that is declared.
        case of(CapabilityText)
        /// Of none: the name that it was kept under.
        case undeclared(String)
    }
}
