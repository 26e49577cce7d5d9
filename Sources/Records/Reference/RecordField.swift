// SPDX-License-Identifier: Apache-2.0

/// A key of records: how it is written, and what the reference says of it.
package struct RecordField: Sendable {
    /// What stands behind the key, in the words of the reference.
    package enum Form: String, Sendable {
        case integer, text, object
        case texts = "list of texts"
        case integers = "list of integers"
        case objects = "list of objects"
        case ranges = "list of [first, last]"
        case counts = "object of integers"
    }

    let key: StaticString
    /// The key of the object that it is in; nil at the top.
    let parent: StaticString?
    package let form: Form
    package let unit: String?
    package let meaning: String

    init(_ key: StaticString, in parent: StaticString? = nil, _ form: Form, _ unit: String? = nil, _ meaning: String) {
        self.key = key
        self.parent = parent
        self.form = form
        self.unit = unit
        self.meaning = meaning
    }

    var name: String { "\(key)" }

    /// Such as `peer.exe`.
    package var path: String { parent.map { "\($0).\(key)" } ?? name }
}

extension RecordField {
    private static let wall = "µs, CLOCK_REALTIME"

    // MARK: Start, stop, clock

    static let version = RecordField("version", .text, nil, "The version of the daemon.")
    static let undelivered = RecordField(
        "undelivered", .integer, "grants", "Of the run before, whose outcome nobody knows.")
    static let origin = RecordField("origin", .text, nil, "The name under which the log signs from here on.")
    static let records = RecordField("records", .integer, "records", "How many there are, this one among them.")
    static let newestUSec = RecordField("newestUSec", .integer, wall, "The newest time of a record before.")
    static let acceptedUSec = RecordField("acceptedUSec", .integer, wall, "The time that is right.")

    // MARK: Calls

    static let action = RecordField("action", .text, nil, "What was to be done, such as `open`.")
    static let why = RecordField(
        "why", .text, nil,
        "`no-permit`, `forbidden`, `rights-exceeded`, `outside-times`, `reason-required`, `used-up` or `permitted` (but not "
            + "to be delivered so).")
    package static let chargedBefore = RecordField(
        "chargedBefore", .counts, "grants", "What earlier names of the same call would have been charged, by rule.")
    static let copy = RecordField("copy", .object, nil, "Whose the copy is, and who may open it.")
    static let copyUID = RecordField("uid", in: "copy", .integer, nil, "Its owner.")
    static let copyGID = RecordField("gid", in: "copy", .integer, nil, "Its group.")
    static let copyMode = RecordField("mode", in: "copy", .text, nil, "Its permission bits in octal, such as `0600`.")
    static let errno = RecordField("errno", .text, nil, "The name of the error, such as `ENOENT`.")
    static let problem = RecordField("problem", .text, nil, "What is wrong, in words.")
    static let uid = RecordField("uid", .integer, nil, "The user.")
    static let count = RecordField("count", .integer, "denials", "How many.")
    static let firstUSec = RecordField("firstUSec", .integer, wall, "When the first was.")
    static let lastUSec = RecordField("lastUSec", .integer, wall, "When the last was.")
    static let kinds = RecordField(
        "kinds", .counts, "denials",
        "How many of each kind: the action, or `identity`, `message`, `connections`.")
    static let sent = RecordField("sent", .ranges, "records", "The grants that `sendmsg(2)` accepted.")
    static let notSent = RecordField(
        "failed", .objects, nil,
        "The grants that did not go out: `index`, and `errno`, or `reason`: `revoked`, `identity`, `expired`, `undrained`, "
            + "`commit-unknown`.")
    static let unknown = RecordField(
        "unknown", .integers, "records", "The grants of which nobody knows whether they went out.")

    // MARK: Leases

    static let grant = RecordField("grant", .integer, "record", "The grant that began the lease.")
    static let rule = RecordField("rule", .text, nil, "The id of the rule.")
    static let whyEnded = RecordField(
        "why", .text, nil,
        "`time`, `revoked`, `removed` or `reboot`; `exit` or `gone` (ended while the daemon was down).")

    // MARK: Administration

    static let directory = RecordField("directory", .text, nil, "The policy directory.")
    static let files = RecordField("files", .integer, "files", "How many were applied.")
    static let changes = RecordField("changes", .integer, nil, "How many rules and capabilities are other than before.")
    static let resolved = RecordField("resolved", .texts, nil, "Ids that names have now, such as `user alice=1000`.")
    static let document = RecordField("document", .text, nil, "As a policy file would hold it.")
    static let revoked = RecordField("revoked", .texts, nil, "The rules that were removed or suspended.")
    static let key = RecordField("key", .text, nil, "The verifier key of the new origin.")
    static let finding = RecordField("finding", .text, nil, "What was found.")
    static let previous = RecordField("previous", .text, nil, "The newest checkpoint of before.")

    // MARK: The log

    static let method = RecordField("method", .text, nil, "`query`, `show`, `summarize`, `prove` or `checkpoint`.")
    static let from = RecordField("from", .integer, "record", "The first one.")
    static let to = RecordField("to", .integer, "record", "The one behind the last.")
    static let before = RecordField("before", .integer, "record", "The first one that stays.")
    static let signed = RecordField("signed", .integer, "records", "How many the newest checkpoint covers.")
    static let archiveSHA256 = RecordField("archiveSha256", .text, nil, "Of the archive that was written before.")
    static let size = RecordField("size", .integer, "records", "How many the checkpoint covers.")
    static let names = RecordField("names", .texts, nil, "Who signed.")
    static let outcome = RecordField("outcome", .text, nil, "`kept` or `closed`.")
    static let stored = RecordField("stored", .text, nil, "The name under which it was kept.")
}
