// SPDX-License-Identifier: Apache-2.0

/// What records of many kinds have.
extension RecordField {
    static let v = RecordField("v", .integer, nil, "The form of the record: 1.")
    static let index = RecordField("index", .integer, nil, "Its place in the log, from 0.")
    static let type = RecordField("type", .text, nil, "What it tells: one of those below, or of a later version.")
    static let timeUSec = RecordField("timeUSec", .integer, "µs, CLOCK_REALTIME", "When it was made.")
    static let bootTimeUSec = RecordField("bootTimeUSec", .integer, "µs, CLOCK_BOOTTIME", "When it was made.")
    static let bootID = RecordField("bootId", .text, nil, "Of the boot that `bootTimeUSec` counts from.")

    static let request = RecordField("request", .text, nil, "All records of one call have the same.")

    static let policy = RecordField(
        "policy", .object, nil, "The policy that decided, or that is in force from here on.")
    static let policyRevision = RecordField("revision", in: "policy", .integer, nil, "Counts from 1.")
    static let policySHA256 = RecordField("sha256", in: "policy", .text, nil, "Over all texts of the policy.")

    static let peer = RecordField("peer", .object, nil, "The caller, as it was when it connected.")
    static let peerUID = RecordField("uid", in: "peer", .integer, nil, "The user.")
    static let peerUser = RecordField("user", in: "peer", .text, nil, "The name of the user, where there is one.")
    static let peerGID = RecordField("gid", in: "peer", .integer, nil, "The group.")
    static let peerGroups = RecordField("groups", in: "peer", .integers, nil, "The supplementary groups, at most 64.")
    static let peerLabel = RecordField("label", in: "peer", .text, nil, "The security label.")
    static let peerPID = RecordField("pid", in: "peer", .integer, nil, "The process, in the daemon's pid namespace.")
    static let peerPidfdInode = RecordField(
        "pidfdInode", in: "peer", .integer, nil, "With the boot id, the name of that process.")
    static let peerPin = RecordField("pin", in: "peer", .text, nil, "`pidfd`, or `weak`: by its pid alone.")
    static let peerExe = RecordField("exe", in: "peer", .text, nil, "The path of the program.")
    static let peerExeSHA256 = RecordField("exeSha256", in: "peer", .text, nil, "Of the program.")
    static let peerCgroup = RecordField("cgroup", in: "peer", .text, nil, "The control group.")
    static let peerUnit = RecordField("unit", in: "peer", .text, nil, "The systemd unit.")
    static let peerLoginuid = RecordField("loginuid", in: "peer", .integer, nil, "The user who logged in.")
    static let peerSession = RecordField("session", in: "peer", .integer, nil, "The audit session.")
    static let peerNamespace = RecordField(
        "namespace", in: "peer", .text, nil, "`host`, or the inode of another pid namespace.")
    static let peerNone = RecordField("none", in: "peer", .texts, nil, "The keys of what it is known not to have.")
    static let peerUnknown = RecordField(
        "unknown", in: "peer", .object, nil, "Why something is not known that was asked for, by its key.")
    static let peerIDMap = RecordField(
        "idMap", in: "peer", .text, nil, "`partial`: ids are those of a user namespace, and 65534 may be anybody.")

    static let capability = RecordField("capability", .object, nil, "What it is about.")
    static let capabilityName = RecordField("name", in: "capability", .text, nil, "Its name.")
    static let capabilityKind = RecordField("kind", in: "capability", .text, nil, "Such as `file`.")
    static let capabilityRights = RecordField(
        "rights", in: "capability", .texts, nil, "Those that were granted, of a denial those that were asked for.")
    static let capabilityDelivery = RecordField("delivery", in: "capability", .text, nil, "`fresh` or `shared`.")

    static let decision = RecordField("decision", .text, nil, "`permit` or `deny`.")
    static let rules = RecordField("rules", .texts, nil, "The ids of those that decided, the charged one first.")
    static let rulesMore = RecordField("rulesMore", .integer, "rules", "How many are not listed for want of room.")
    static let charged = RecordField("charged", .text, nil, "The rule whose counters and lease limits apply.")
    static let failed = RecordField("failed", .objects, nil, "Why rules about the name did not permit, at most eight.")
    static let failedRule = RecordField("rule", in: "failed[]", .text, nil, "Its id.")
    static let failedSelector = RecordField("selector", in: "failed[]", .text, nil, "The key in the policy file.")
    static let failedWanted = RecordField("wanted", in: "failed[]", .text, nil, "What the rule wants.")
    static let failedGot = RecordField("got", in: "failed[]", .text, nil, "What was found; not there: it is not known.")
    static let failedMore = RecordField("failedMore", .integer, "findings", "How many are not listed.")
    static let reason = RecordField("reason", .text, nil, "What the caller gave, or why the daemon did it.")

    static let lease = RecordField("lease", .object, nil, "The lease of the grant.")
    static let leaseID = RecordField("id", in: "lease", .text, nil, "Its id.")
    static let leaseExpiresUSec = RecordField(
        "expiresUSec", in: "lease", .integer, "µs, CLOCK_REALTIME", "When it ends; not there: with its holder.")

    static let truncated = RecordField("truncated", .objects, nil, "What was cut, or left out for want of room.")
    static let cutField = RecordField("field", in: "truncated[]", .text, nil, "Its path, such as `peer.exe`.")
    static let cutSHA256 = RecordField("sha256", in: "truncated[]", .text, nil, "Of the whole of it.")

    /// In every record.
    static let everywhere = [v, index, type, timeUSec, bootTimeUSec, bootID, truncated, cutField, cutSHA256]

    /// In records of several types.
    static let shared = [
        request, policy, policyRevision, policySHA256, peer, peerUID, peerUser, peerGID, peerGroups, peerLabel, peerPID,
        peerPidfdInode, peerPin, peerExe, peerExeSHA256, peerCgroup, peerUnit, peerLoginuid, peerSession, peerNamespace,
        peerNone, peerUnknown, peerIDMap, capability, capabilityName, capabilityKind, capabilityRights,
        capabilityDelivery, decision, rules, rulesMore, charged, failed, failedRule, failedSelector, failedWanted,
        failedGot, failedMore, reason, lease, leaseID, leaseExpiresUSec,
    ]

    /// Of objects that one type alone has.
    static let parts = [copyUID, copyGID, copyMode]

    /// What ``StoredRecord`` tells apart from its kind, but for the reason and what there was no room for.
    static let told = Set(
        (everywhere + shared).filter { $0.parent == nil }.map(\.name)
    ).subtracting([rulesMore, failedMore, reason].map(\.name))
}
