// SPDX-License-Identifier: Apache-2.0

extension MetricFamily {
    /// Every family, in the order in which they are told. What is told anywhere is told from here.
    package static let all = [
        buildInfo, startTime, healthy,
        grants, grantsWithdrawn, denials, connectionsRefused, revocations, openFailures, openStages,
        commitLatency, batchRecords, commitFailures, recordsWaiting,
        logRecords, unsignedRecords, logSize, checkpointAge, cosignedAge,
        connections, connectionLimit, capabilities, failedCapabilities, heldDescriptors, descriptorsOnTheWay,
        descriptorLimit, deposits, leases, leaseHolders,
        openerRequests, openerWorkers, openerAbandoned,
    ]

    package static let buildInfo = MetricFamily(
        "build_info", .gauge, "1, with the version of the daemon.", label: "version")
    package static let startTime = MetricFamily(
        "start_time", .gauge, "When the daemon was started, since 1970.", unit: "seconds")
    package static let healthy = MetricFamily(
        "healthy", .gauge, "Whether each part of the vault is as it should be: 1, or 0.", label: "part",
        values: ["log", "signing", "clock", "opener", "capabilities", "policy"])

    package static let grants = MetricFamily("grants", .counter, "Grants that were sent.")
    package static let grantsWithdrawn = MetricFamily(
        "grants_withdrawn", .counter, "Grants that were recorded and not sent.")
    package static let denials = MetricFamily(
        "denials", .counter, "Calls that the policy did not permit.", label: "reason",
        values: [
            "forbidden", "no-permit", "rights-exceeded", "outside-times", "reason-required", "used-up",
            "not-deliverable",
        ])
    package static let connectionsRefused = MetricFamily(
        "connections_refused", .counter,
        "Connections that were refused or ended: for who was at the other end, what came in, or want of room.",
        label: "reason", values: ["identity", "message", "connections"])
    package static let revocations = MetricFamily("revocations", .counter, "Rules that were revoked.")
    package static let openFailures = MetricFamily(
        "open_failures", .counter, "Permitted calls whose descriptor could not be opened.")
    package static let openStages = MetricFamily(
        "open_stage", .summary, "How long calls of Open were in each of their stages.", unit: "seconds",
        label: "stage", values: ["deciding", "opening", "committing", "queued"])

    package static let commitLatency = MetricFamily(
        "commit_latency", .histogram, "From handing a batch of records to the disk until it is durable.",
        unit: "seconds")
    package static let batchRecords = MetricFamily(
        "batch_records", .histogram, "Records that were committed together.")
    package static let commitFailures = MetricFamily(
        "commit_failures", .counter, "Commits that failed; nothing that depended on them was sent.")
    package static let recordsWaiting = MetricFamily(
        "records_waiting", .gauge, "Records that are being committed, or wait for that.")

    package static let logRecords = MetricFamily("log_records", .gauge, "Records in the audit log.")
    package static let unsignedRecords = MetricFamily(
        "log_unsigned_records", .gauge, "Records that no checkpoint covers.")
    package static let logSize = MetricFamily(
        "log_size", .gauge, "How large the files of the log are.", unit: "bytes", label: "file",
        values: ["database", "write-ahead-log"])
    package static let checkpointAge = MetricFamily(
        "checkpoint_age", .gauge, "How old the newest checkpoint is.", unit: "seconds")
    package static let cosignedAge = MetricFamily(
        "cosigned_checkpoint_age", .gauge,
        "How old the newest record is that a checkpoint with the signature of a witness covers.", unit: "seconds")

    package static let connections = MetricFamily("connections", .gauge, "Connections of clients.")
    package static let connectionLimit = MetricFamily(
        "connections_limit", .gauge, "How many connections there may be.")
    package static let capabilities = MetricFamily("capabilities", .gauge, "Capabilities, deposits among them.")
    package static let failedCapabilities = MetricFamily(
        "capabilities_failed", .gauge, "Capabilities that could not be opened at the last try.")
    package static let heldDescriptors = MetricFamily(
        "held_descriptors", .gauge, "Descriptors that are held for capabilities.")
    package static let descriptorsOnTheWay = MetricFamily(
        "descriptors_on_the_way", .gauge, "Descriptors of calls that are under way, and sent and not read.")
    package static let descriptorLimit = MetricFamily(
        "descriptors_limit", .gauge, "How many descriptors the daemon may have open.")
    package static let deposits = MetricFamily("deposits", .gauge, "Descriptors that clients deposited.")
    package static let leases = MetricFamily("leases", .gauge, "Grants that are followed and have not ended.")
    package static let leaseHolders = MetricFamily("lease_holders", .gauge, "Processes that have these.")

    package static let openerRequests = MetricFamily(
        "opener_requests", .gauge, "What the opener has been asked for and what waits to be asked.", label: "state",
        values: ["running", "waiting"])
    package static let openerWorkers = MetricFamily(
        "opener_workers", .gauge, "Workers of the opener.", label: "state", values: ["busy", "idle"])
    package static let openerAbandoned = MetricFamily(
        "opener_abandoned", .gauge,
        "Workers of the opener that were given up and have not ended: they hang in a file system.")
}
