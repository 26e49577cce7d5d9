// SPDX-License-Identifier: Apache-2.0

import Descriptors
import FDHolderProtocol
import PolicyFiles
import VaultCore
import VaultModel

/// What `vaultd` has settled before the broker starts: places, limits, names.
package struct BrokerConfiguration: Sendable {
    /// Limits that a client can run into; each has an answer of its own.
    package struct Limits: Sendable {
        /// Connections, and how long each may keep others waiting.
        package var sessions = SessionLimits()
        /// Bytes of one message.
        package var messageBytes = 1 << 20
        /// Calls of one connection that wait for their answer; reading pauses beyond.
        package var callsInFlight = 64
        /// Records that permitted calls of one uid may write in a second.
        package var recordsPerUser = 1000
        /// Leases of one uid that have not ended.
        package var leasesPerUser = 10_000
        /// Descriptors that one uid may have deposited.
        package var depositsPerUser = 128
        /// Processes that hold leases: each is a descriptor (pidfd) that is watched.
        package var holders = 4096

        package init() {}
    }

    /// The directory of the database, the signing key and the revocation journal.
    package var stateDirectory: String
    /// The directory whose `*.yaml` files are the policy; nil when policy comes only through the socket.
    package var policyDirectory: String?
    /// Nobody named the directory, and it was not there at the start: as long as it never was, that is no error.
    package var policyDirectoryMayBeMissing = false
    /// The file that the daemon was configured by, where there is one.
    package var configurationFile: String?
    /// Where `memory: {credential: NAME}` finds its secrets; nil when there are none.
    package var credentials: Credentials?
    /// What an earlier run gave the service manager to keep, by the names that it gave them.
    package var keptDescriptors: KeptDescriptors?
    /// Where services store descriptors as with their service manager, and what these are called; nil: nowhere.
    package var store: StoreSocket?
    /// The paths of the broker's own sockets: they are refused as capabilities.
    package var ownSockets: [String] = []
    /// How clients of s6 find what they store, and the sockets at which they connect; nil: there are none.
    package var fdHolder: FDHolderNames?
    package var fdHolderSockets: [HeldDescriptor] = []
    /// How what units ask their service manager for is called, and the sockets at which that reads it; nil: there are none.
    package var credentialNames: CredentialNames?
    package var credentialSockets: [HeldDescriptor] = []
    /// The sockets at which numbers are collected over HTTP: listening ones that do not block.
    package var metricsSockets: [HeldDescriptor] = []
    /// What the opener was told to open; nil checks nothing when a capability is declared.
    package var openerPlaces: OpenerPlaces?
    /// The user to whom the first start gives every right.
    package var ownerUID: UInt32
    /// How often the log is signed.
    var cadence = CheckpointCadence()
    /// Whether to put the owner's rules back at this start (`--recover-admin`).
    package var recoverAdmin = false
    /// How long the opener may take for one request, in microseconds.
    package var openerTimeLimitUSec: Int64 = 5_000_000
    /// The soft limit of descriptors, raised to the hard one.
    package var descriptorLimit: Int
    package var limits = Limits()
    /// The holders that are watched at most: never so many that descriptors get scarce for anything else.
    var holderLimit: Int { min(limits.holders, max(16, descriptorLimit / 4)) }
    /// Descriptors that may be deposited: a quarter of what this process can have open, beside what is kept and made ahead
    /// (``DescriptorLimits``) and connections.
    var depositLimit: Int { max(16, descriptorLimit / 4) }
    /// Of these, the processes of one uid at most.
    var holderLimitPerUser: Int { max(1, holderLimit / 4) }
    /// What records tell of every caller beside what they tell in any case (`audit.facts`).
    var recordedFacts: SelectorKinds = []
    /// Whether the audit session is recorded, which no rule selects on.
    var recordsSession = false
    /// The version that `GetInfo` tells.
    package var version: String

    package init(stateDirectory: String, ownerUID: UInt32, descriptorLimit: Int, version: String) {
        self.stateDirectory = stateDirectory
        self.ownerUID = ownerUID
        self.descriptorLimit = descriptorLimit
        limits.sessions.descriptors = DescriptorLimits(of: descriptorLimit)
        self.version = version
    }

    /// The settings `audit.checkpoint`; nil leaves what is usual.
    package mutating func setCheckpoints(records: Int?, everyUSec: Int64?) {
        if let records { cadence.records = UInt64(clamping: max(1, records)) }
        if let everyUSec { cadence.everyUSec = everyUSec }
    }

    /// The setting `audit.facts`.
    /// - Parameter facts: as the configuration calls them: the keys of selectors, and `session`.
    package mutating func setRecordedFacts(_ facts: [String]) {
        recordedFacts = facts.compactMap(SelectorKind.init).reduce(into: []) { $0.formUnion(SelectorKinds($1)) }
        recordsSession = facts.contains("session")
    }
}
