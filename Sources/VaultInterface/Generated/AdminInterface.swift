// SPDX-License-Identifier: Apache-2.0
// Made by varlink-swift from io.vaultd.Admin.varlink. Change that file, and make this one again.

package import JSONText
package import Varlink

/// Administer the vault: its rules, its capabilities, its state.
///
/// Every method needs the action admin. A rule or a capability crosses as a document: the text that a policy file would
/// hold for it, as YAML or JSON. Whatever adds authority is in the audit log before it takes effect. The errors of
/// io.vaultd.Broker serve this interface too.
package enum AdminInterface {
    /// The name of the interface.
    package static let name = "io.vaultd.Admin"

    /// The text of the interface file, as `GetInterfaceDescription` returns it.
    package static let description = #"""
        # SPDX-License-Identifier: Apache-2.0

        # Administer the vault: its rules, its capabilities, its state.
        #
        # Every method needs the action admin. A rule or a capability crosses as a document: the text that a policy file would
        # hold for it, as YAML or JSON. Whatever adds authority is in the audit log before it takes effect. The errors of
        # io.vaultd.Broker serve this interface too.
        interface io.vaultd.Admin

        # A file of policy.
        type File (
          # Its name, for places in problems and rules.
          path: string,
          # What it holds.
          text: string
        )

        # Something wrong in a policy, or worth a warning.
        type Problem (
          # The file.
          path: string,
          # The line, counted from 1.
          line: int,
          # The column, counted from 1.
          column: int,
          # What is wrong.
          message: string,
          # What to do about it.
          remedy: string
        )

        # A rule that is stored.
        type Rule (
          # Its name, unique over all files and grants.
          id: string,
          # The file it came from, granted, or bootstrap.
          origin: string,
          # Whether it was revoked although its file still holds it.
          suspended: bool,
          # How often it can still be used, where that is limited.
          usesLeft: ?int,
          # The rule as a policy file would hold it.
          document: string
        )

        # A revision of the policy.
        type Revision (
          # Its number.
          revision: int,
          # The SHA-256 of its rules and capabilities, in lower-case hexadecimal digits.
          sha256: string,
          # What made it, such as apply, grant or revoke.
          cause: string,
          # When, in microseconds since 1970.
          timeUSec: int,
          # The number of its record in the audit log.
          record: int,
          # Who made it; none where the vault did by itself.
          uid: ?int,
          # The name of that user, where it has one.
          user: ?string,
          # Why, in the words of who made it.
          reason: ?string,
          # The paths of the policy files that were applied with it.
          files: ?[]string,
          # How many rules and capabilities it changed, as far as its record tells.
          changed: ?int,
          # What it changed, such as rule.add web-reads: as many as its record lists.
          changes: ?[]string
        )

        # A difference between two revisions of the policy.
        type Change (
          # What happened to what, such as rule.add or capability.remove.
          kind: string,
          # The document before.
          before: ?string,
          # The document after.
          after: ?string
        )

        # What a revocation did about one holder.
        type Outcome (
          # The holder's process.
          pid: ?int,
          # The holder's user.
          user: ?string,
          # The holder's program.
          exe: ?string,
          # The number of the grant's record in the audit log.
          record: ?int,
          # What was done to the descriptor: none or shutdown, as in io.vaultd.Broker.Grant.
          done: string,
          # What the holder can still do with it; empty if nothing.
          remaining: string
        )

        # A caller as somebody describes it in a question. What is left out is taken to be absent: no other group, no unit.
        type Subject (
          # The user.
          uid: ?int,
          # The group.
          gid: ?int,
          # Supplementary groups.
          groups: ?[]int,
          # The security label.
          label: ?string,
          # The control group's path.
          cgroup: ?string,
          # The systemd unit.
          unit: ?string,
          # Who logged in.
          loginuid: ?int,
          # The program's path.
          exe: ?string,
          # host, or the inode number of another pid namespace.
          namespace: ?string,
          # The SHA-256 of the program, in lower-case hexadecimal digits.
          sha256: ?string,
          # The id of the container.
          container: ?string,
          # The uid of the Kubernetes pod.
          pod: ?string
        )

        # One selector or condition of a rule, held against a request.
        type Finding (
          # The rule.
          rule: string,
          # The key in a policy file, such as unit, capability or not-after.
          selector: string,
          # What the rule wants.
          wanted: string,
          # What was found; null when it is not known.
          got: ?string,
          # Null when it cannot be told: a permit then does not match, a forbid does.
          matched: ?bool
        )

        # Who can have what, by one rule.
        type Answer (
          # Whom the rule names; a field for each rule of who is meant.
          subject: Subject,
          # The name, or the rule's pattern where no capability is known that it matches.
          name: string,
          # What can be had when the conditions hold.
          rights: []string,
          # The rule.
          rule: string,
          # What must hold besides.
          conditions: []string
        )

        # Something that a unit can ask its service manager for (LoadCredential=), at the socket of vaultd for that.
        type Credential (
          # What the unit calls it.
          credential: string,
          # The capability whose content it is.
          name: string,
          # What that is, as in Capability.
          kind: string,
          # How many bytes it holds, of memory that is held.
          size: ?int,
          # Whether the unit would get it now.
          permitted: bool,
          # The rules that make the decision; of a unit that no rule names there are none.
          rules: []string,
          # Why it would not.
          problem: ?string
        )

        # A grant that is followed until it ends.
        type Lease (
          # Its id.
          id: string,
          # The number of the grant's record in the audit log.
          record: int,
          # The capability.
          name: string,
          # The rights that were granted.
          rights: []string,
          # The rule that it is charged to.
          rule: string,
          # The user of the process that got it.
          uid: int,
          # The name of that user, where it has one.
          user: ?string,
          # The process that got it.
          pid: int,
          # The program of that process, where it was read.
          exe: ?string,
          # When it was granted, in microseconds since 1970.
          startedUSec: int,
          # When it ends, unless it is renewed; without a value when it is released or its process ends.
          expiresUSec: ?int,
          # Until when it can be renewed. Without a value it cannot.
          renewableUSec: ?int,
          # Whether what was granted is known to be something else than what the name leads to now: its file was replaced, or
          # what was read into memory was written, and the capability renewed.
          isOutdated: ?bool
        )

        # Something that is wrong with the vault.
        type Advice (
          # What is wrong, in one line.
          problem: string,
          # What can be done about it.
          remedy: string
        )

        # How the audit log is.
        type LogStatus (
          # Whether it can be written. If not nothing is granted.
          working: bool,
          # How many records it has.
          records: int,
          # The root of the tree over them, in hexadecimal digits.
          root: string,
          # The directory that it lies in.
          state: string,
          # The name of the log, as its checkpoints have it.
          origin: ?string,
          # The key that verifies its checkpoints, as C2SP signed-note has it.
          key: ?string,
          # How many of its records the newest checkpoint covers.
          signed: ?int,
          # When that was made, in microseconds since 1970.
          newestCheckpointUSec: ?int,
          # The first record whose text is still there, where some were pruned.
          prunedBefore: ?int,
          # Why it cannot be written.
          problem: ?string,
          # What is wrong, where the database is not what was signed or committed.
          finding: ?string,
          # What to do about that.
          remedy: ?string,
          # The size of the database in bytes.
          databaseBytes: ?int,
          # The size of the database's write-ahead log in bytes.
          writeAheadLogBytes: ?int,
          # Where that has 32 MiB or more: the processes that keep it from becoming small again.
          readers: ?[]string
        )

        # How the policy is.
        type PolicyStatus (
          # The revision that is in force.
          revision: int,
          # Its SHA-256, in lower-case hexadecimal digits.
          sha256: string,
          # How many rules it has.
          rules: int,
          # The rules that are suspended.
          suspended: []string,
          # Whence its files are: directory, command or none.
          source: string,
          # The directory of policy files, if the vault has one.
          directory: ?string,
          # Whether what is in force is what that directory holds.
          isTheDirectorys: ?bool,
          # What a reload would change, a line each.
          reloadWouldChange: ?[]string,
          # Files in the directory that are not read.
          unread: ?[]string
        )

        # One stage of a call of Open.
        type StageTime (
          # deciding, opening, committing, or queued (until sendmsg(2) took it).
          stage: string,
          # How many calls have left it.
          count: int,
          # How long all of them were in it, in microseconds.
          totalUSec: int,
          # How long the one was that was longest.
          longestUSec: int
        )

        # How the vault is.
        type VaultStatus (
          # What is wrong, a line each, the worst first.
          problems: []string,
          # The same, each with what can be done about it.
          advice: []Advice,
          # ok; degraded, where something does not work and grants are given; or failed, where none are.
          health: ?string,
          # The version of the vault.
          version: string,
          # Since when it runs, in microseconds since 1970.
          startedUSec: int,
          # The audit log.
          log: LogStatus,
          # The policy.
          policy: PolicyStatus,
          # The capabilities: how many there are, how many descriptors are held for them, and which are not as they should be.
          capabilities: (count: int, descriptors: int, failed: []string, stale: []string),
          # How long calls of Open stay in each of their stages, since the start.
          stages: ?[]StageTime,
          # The connections: how many there are, and how many there may be in all and of one user.
          connections: (count: int, limit: int, limitPerUser: int),
          # Whether the clock is believed, and the time of the newest record.
          clock: (trusted: bool, newestRecordUSec: int),
          # The grants that are followed, the processes that have them, and how many of these there may be.
          leases: (count: int, holders: int, limitOfHolders: int),
          # Whether the process is there that opens what the vault may not.
          opener: (alive: bool),
          # How many descriptors the vault may have open.
          descriptorLimit: int
        )

        # Add a rule.
        method Grant(
          # The rule, as a policy file would hold it. Without an id it gets one.
          document: string,
          # Why, for the audit log.
          reason: ?string,
          # Check, and change nothing.
          dryRun: ?bool
        ) -> (
          # The id of the rule.
          rule: string,
          # The number of the record in the audit log; none for a dry run.
          record: ?int,
          # Warnings: what it names does not exist, or has not the rights. The rule is made all the same.
          problems: ?[]Problem
        )

        # Take permits back: granted ones are removed, those of files suspended. Either rule, or pattern and from, is given.
        method Revoke(
          # The id of one rule.
          rule: ?string,
          # Revoke what permits names that match,
          pattern: ?string,
          # to this principal, such as user:alice or gid:100.
          from: ?string,
          # Why, for the audit log.
          reason: ?string,
          # Tell what would happen, and change nothing.
          dryRun: ?bool
        ) -> (
          # The rules that were removed or suspended.
          rules: []string,
          # What was done about those who hold a descriptor: one for each that is followed, one for each capability of which
          # what is out was cut, and one for each user who was sent something under these rules since the daemon started.
          outcomes: []Outcome,
          # Rules that still permit it to the principal.
          stillPermittedBy: []string,
          # Of the rules, those that forbid something: what was lifted gave nobody a descriptor.
          lifted: ?[]string,
          # Permits about something that was forbidden, each with its place: what they permit can be had now.
          nowPermittedBy: ?[]string,
          # The number of the record in the audit log; none for a dry run, when there was nothing to revoke, or when the log
          # cannot be written: the revocation is in force all the same, and recorded when it can.
          record: ?int,
          # False when a crash now would undo the revocation, because nothing could be written to the disk.
          durable: ?bool,
          # Why nothing was revoked, where nothing was.
          problems: ?[]Problem
        )

        # End the suspension of a rule.
        method Resume(
          # The id of the rule.
          rule: string,
          # Why, for the audit log.
          reason: ?string
        ) -> (
          # The number of the record in the audit log.
          record: int
        )

        # The rules that are stored. With more, in several replies.
        method Rules(
          # Only rules about names that match.
          pattern: ?string,
          # Only the rule of this id.
          rule: ?string,
          # The rules of an earlier revision.
          revision: ?int,
          # The policy files of that revision too, as they were applied.
          files: ?bool
        ) -> (
          # The revision that they belong to.
          revision: int,
          # The rules, in the order of their ids.
          rules: []Rule,
          # The files, in the order of their paths, where they were asked for.
          files: ?[]File
        )

        # The revisions of the policy, the newest first. With more, in several replies.
        method Revisions() -> (
          # Each with who made it and why.
          revisions: []Revision
        )

        # What differs between two revisions. Capabilities that were added by command belong to none.
        method Compare(
          # The one.
          from: int,
          # The other.
          to: int
        ) -> (
          # What the other has, and the one has not.
          changes: []Change
        )

        # How a capability was declared.
        method Declaration(
          # Its name.
          name: string
        ) -> (
          # The capability as a policy file would hold it.
          document: string,
          # Where: the file and line, or added for one that was added by command.
          origin: string
        )

        # Make a new revision of what comes from files. Granted rules stay.
        method ApplyPolicy(
          # All files of the policy. An empty list drops every rule that came from a file.
          files: ?[]File,
          # In place of files: the number of a revision whose files are to hold again.
          revision: ?int,
          # Why, for the audit log.
          reason: ?string,
          # Check and compare, and change nothing.
          dryRun: ?bool
        ) -> (
          # The new revision; none if nothing was applied.
          revision: ?int,
          # The number of the record in the audit log; none if nothing was applied.
          record: ?int,
          # What differs from the revision before.
          changes: []Change,
          # What is wrong with the files. If there is an error among them nothing was applied.
          problems: []Problem,
          # Whence the files of the policy in force are now, or would be: directory (they are what the directory of policy files
          # holds), command, or none.
          source: ?string,
          # The directory of policy files, if the broker has one.
          directory: ?string,
          # What the directory would change back when it is applied again, which happens at a reload or start after a change in
          # it; given when the source is not the directory.
          reloadChanges: ?[]Change
        )

        # Add a capability.
        method AddCapability(
          # The capability, as a policy file would hold it.
          document: string,
          # Why, for the audit log.
          reason: ?string
        ) -> (
          # The number of the record in the audit log.
          record: int,
          # Warnings: a place that the opener does not open. The capability is added all the same.
          problems: ?[]Problem
        )

        # Remove a capability that was added. One of a policy file is removed there.
        method RemoveCapability(
          # Its name.
          name: string,
          # Why, for the audit log.
          reason: ?string
        ) -> (
          # The number of the record in the audit log.
          record: int
        )

        # The grants that are followed until they end: those of rules with lease or outstanding. With more, in several replies.
        method Leases(
          # Only of names that match.
          pattern: ?string
        ) -> (
          # Those that match, in the order of their records.
          leases: []Lease
        )

        # Take the wall clock for right as it is. While it is behind what was recorded before, rules with times do not permit.
        method AcceptClock(
          # Why, for the audit log.
          reason: ?string
        ) -> (
          # The number of the record in the audit log.
          record: int
        )

        # How the vault is: what it holds, what failed, whether the audit log can be written.
        method Status() -> (
          # Problems first.
          status: VaultStatus
        )

        # Read the directory of policy files again, and apply it if it has changed since it was applied last. Whatever else the
        # rules rest on is looked at again too: the id that the name of a user or group has now, the table of a time zone; what
        # differs is a new revision. What is held and stale by now is opened anew, but for a dry run. Refused files, and a
        # directory that cannot be read, are PolicyRefused, and nothing changes.
        method Reload(
          # Why, for the audit log.
          reason: ?string,
          # Check and compare, and change nothing.
          dryRun: ?bool
        ) -> (
          # The revision that is in force now.
          revision: int,
          # The number of the record in the audit log; none if nothing changed.
          record: ?int,
          # What differs from the policy before.
          changes: ?[]Change,
          # Warnings: of the files, of what lies in the directory and is not read, of names that cannot be found any more.
          problems: ?[]Problem,
          # Whence the files of the policy in force are: directory, command (somebody applied others), or none.
          source: ?string,
          # The directory of policy files, if the broker has one.
          directory: ?string,
          # How many changes there are that are not listed.
          changesLeft: ?int
        )

        # Says for each rule and selector what was wanted, what was found, and whether it matched.
        method Explain(
          # The number of a grant's or denial's record: explained by the policy that made the decision, with what was counted
          # then.
          record: ?int,
          # In place of a record: whose request to explain by the present policy.
          subject: ?Subject,
          # What would be asked; open unless something else is said.
          action: ?string,
          # Of which capability.
          name: ?string,
          # With which rights; as much as may be had unless something is said.
          rights: ?[]string,
          # When; now unless something else is said.
          atUSec: ?int
        ) -> (
          # permit or deny; of a record also unclear, where it depends on what the records do not hold.
          decision: string,
          # Of a record: what it says, permit or deny.
          recorded: ?string,
          # The rules that made it.
          rules: []string,
          # For each rule what it wanted and what was found.
          findings: []Finding
        )

        # Decides recorded requests again with files that are not applied in place of those of then. All else is as it was at
        # each request: the rules that were granted or suspended by command, the counters, the clock. With the files that
        # decided, nothing comes out otherwise. With more: one reply for each that would, and a last one that counts them.
        method Replay(
          # All files of the changed policy.
          files: []File,
          # Only requests that are not older.
          sinceUSec: ?int
        ) -> (
          # The number of the record; null in the last reply.
          record: ?int,
          # permit or deny, as it was recorded.
          before: ?string,
          # permit or deny, as it would be.
          after: ?string,
          # The rules that would make the decision.
          rules: []string,
          # In the last reply: how many requests were decided again.
          decided: ?int,
          # In the last reply: how many of them came out otherwise.
          changed: ?int,
          # In the last reply: of how many it cannot be told, since the records do not hold all that it depends on: something in
          # them was cut or is of an older version, or what was used before is in records that were pruned.
          unclear: ?int
        )

        # Who can do something with a name, by the rules.
        method WhoCan(
          # The capability.
          name: string,
          # open unless something else is said.
          action: ?string
        ) -> (
          # One for each rule, and each principal that it names and that is not surely overruled.
          answers: []Answer
        )

        # What somebody can do, by the rules.
        method WhatCan(
          # Who.
          subject: Subject
        ) -> (
          # One for each rule and name: what this caller can use, whomever else the rule names.
          answers: []Answer
        )

        # What a unit would get if its service manager asked now, by the names of its credentials and the rules. Of the process
        # that asks, only the user and the unit are known here: a rule that asks for more is told as if it were not there.
        method Credentials(
          # The unit, such as nginx.service.
          unit: string
        ) -> (
          # How credentials are called, such as services/{unit}/{credential}.
          names: string,
          # One for each capability with such a name, in the order of their names.
          credentials: []Credential
        )

        # The rule, the capability or the policy cannot be taken as it is, and nothing was changed.
        error PolicyRefused (
          # What is wrong, where, and what to do about it.
          problems: []Problem
        )

        """#
}

extension AdminInterface {
    /// A file of policy.
    package struct File: JSONReadable, JSONWritable, Equatable, Sendable {
        /// Its name, for places in problems and rules.
        package var path: String
        /// What it holds.
        package var text: String

        package init(path: String, text: String) {
            self.path = path
            self.text = text
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var path: String?
            var text: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "path": path = try reader.read()
                case "text": text = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.path = try reader.require(path, "path")
            self.text = try reader.require(text, "text")
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("path", path)
            writer.member("text", text)
            writer.endObject()
        }
    }
}

extension AdminInterface {
    /// Something wrong in a policy, or worth a warning.
    package struct Problem: JSONReadable, JSONWritable, Equatable, Sendable {
        /// The file.
        package var path: String
        /// The line, counted from 1.
        package var line: Int
        /// The column, counted from 1.
        package var column: Int
        /// What is wrong.
        package var message: String
        /// What to do about it.
        package var remedy: String

        package init(path: String, line: Int, column: Int, message: String, remedy: String) {
            self.path = path
            self.line = line
            self.column = column
            self.message = message
            self.remedy = remedy
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var path: String?
            var line: Int?
            var column: Int?
            var message: String?
            var remedy: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "path": path = try reader.read()
                case "line": line = try reader.read()
                case "column": column = try reader.read()
                case "message": message = try reader.read()
                case "remedy": remedy = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.path = try reader.require(path, "path")
            self.line = try reader.require(line, "line")
            self.column = try reader.require(column, "column")
            self.message = try reader.require(message, "message")
            self.remedy = try reader.require(remedy, "remedy")
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("path", path)
            writer.member("line", line)
            writer.member("column", column)
            writer.member("message", message)
            writer.member("remedy", remedy)
            writer.endObject()
        }
    }
}

extension AdminInterface {
    /// A rule that is stored.
    package struct Rule: JSONReadable, JSONWritable, Equatable, Sendable {
        /// Its name, unique over all files and grants.
        package var id: String
        /// The file it came from, granted, or bootstrap.
        package var origin: String
        /// Whether it was revoked although its file still holds it.
        package var suspended: Bool
        /// How often it can still be used, where that is limited.
        package var usesLeft: Int?
        /// The rule as a policy file would hold it.
        package var document: String

        package init(id: String, origin: String, suspended: Bool, usesLeft: Int? = nil, document: String) {
            self.id = id
            self.origin = origin
            self.suspended = suspended
            self.usesLeft = usesLeft
            self.document = document
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var id: String?
            var origin: String?
            var suspended: Bool?
            var usesLeft: Int?
            var document: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "id": id = try reader.read()
                case "origin": origin = try reader.read()
                case "suspended": suspended = try reader.read()
                case "usesLeft": usesLeft = try reader.read()
                case "document": document = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.id = try reader.require(id, "id")
            self.origin = try reader.require(origin, "origin")
            self.suspended = try reader.require(suspended, "suspended")
            self.usesLeft = usesLeft
            self.document = try reader.require(document, "document")
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("id", id)
            writer.member("origin", origin)
            writer.member("suspended", suspended)
            writer.member("usesLeft", usesLeft)
            writer.member("document", document)
            writer.endObject()
        }
    }
}

extension AdminInterface {
    /// A revision of the policy.
    package struct Revision: JSONReadable, JSONWritable, Equatable, Sendable {
        /// Its number.
        package var revision: Int
        /// The SHA-256 of its rules and capabilities, in lower-case hexadecimal digits.
        package var sha256: String
        /// What made it, such as apply, grant or revoke.
        package var cause: String
        /// When, in microseconds since 1970.
        package var timeUSec: Int
        /// The number of its record in the audit log.
        package var record: Int
        /// Who made it; none where the vault did by itself.
        package var uid: Int?
        /// The name of that user, where it has one.
        package var user: String?
        /// Why, in the words of who made it.
        package var reason: String?
        /// The paths of the policy files that were applied with it.
        package var files: [String]?
        /// How many rules and capabilities it changed, as far as its record tells.
        package var changed: Int?
        /// What it changed, such as rule.add web-reads: as many as its record lists.
        package var changes: [String]?

        package init(
            revision: Int, sha256: String, cause: String, timeUSec: Int, record: Int, uid: Int? = nil,
            user: String? = nil, reason: String? = nil, files: [String]? = nil, changed: Int? = nil,
            changes: [String]? = nil
        ) {
            self.revision = revision
            self.sha256 = sha256
            self.cause = cause
            self.timeUSec = timeUSec
            self.record = record
            self.uid = uid
            self.user = user
            self.reason = reason
            self.files = files
            self.changed = changed
            self.changes = changes
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var revision: Int?
            var sha256: String?
            var cause: String?
            var timeUSec: Int?
            var record: Int?
            var uid: Int?
            var user: String?
            var reason: String?
            var files: [String]?
            var changed: Int?
            var changes: [String]?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "revision": revision = try reader.read()
                case "sha256": sha256 = try reader.read()
                case "cause": cause = try reader.read()
                case "timeUSec": timeUSec = try reader.read()
                case "record": record = try reader.read()
                case "uid": uid = try reader.read()
                case "user": user = try reader.read()
                case "reason": reason = try reader.read()
                case "files": files = try reader.read()
                case "changed": changed = try reader.read()
                case "changes": changes = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.revision = try reader.require(revision, "revision")
            self.sha256 = try reader.require(sha256, "sha256")
            self.cause = try reader.require(cause, "cause")
            self.timeUSec = try reader.require(timeUSec, "timeUSec")
            self.record = try reader.require(record, "record")
            self.uid = uid
            self.user = user
            self.reason = reason
            self.files = files
            self.changed = changed
            self.changes = changes
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("revision", revision)
            writer.member("sha256", sha256)
            writer.member("cause", cause)
            writer.member("timeUSec", timeUSec)
            writer.member("record", record)
            writer.member("uid", uid)
            writer.member("user", user)
            writer.member("reason", reason)
            writer.member("files", files)
            writer.member("changed", changed)
            writer.member("changes", changes)
            writer.endObject()
        }
    }
}

extension AdminInterface {
    /// A difference between two revisions of the policy.
    package struct Change: JSONReadable, JSONWritable, Equatable, Sendable {
        /// What happened to what, such as rule.add or capability.remove.
        package var kind: String
        /// The document before.
        package var before: String?
        /// The document after.
        package var after: String?

        package init(kind: String, before: String? = nil, after: String? = nil) {
            self.kind = kind
            self.before = before
            self.after = after
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var kind: String?
            var before: String?
            var after: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "kind": kind = try reader.read()
                case "before": before = try reader.read()
                case "after": after = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.kind = try reader.require(kind, "kind")
            self.before = before
            self.after = after
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("kind", kind)
            writer.member("before", before)
            writer.member("after", after)
            writer.endObject()
        }
    }
}

extension AdminInterface {
    /// What a revocation did about one holder.
    package struct Outcome: JSONReadable, JSONWritable, Equatable, Sendable {
        /// The holder's process.
        package var pid: Int?
        /// The holder's user.
        package var user: String?
        /// The holder's program.
        package var exe: String?
        /// The number of the grant's record in the audit log.
        package var record: Int?
        /// What was done to the descriptor: none or shutdown, as in io.vaultd.Broker.Grant.
        package var done: String
        /// What the holder can still do with it; empty if nothing.
        package var remaining: String

        package init(
            pid: Int? = nil, user: String? = nil, exe: String? = nil, record: Int? = nil, done: String,
            remaining: String
        ) {
            self.pid = pid
            self.user = user
            self.exe = exe
            self.record = record
            self.done = done
            self.remaining = remaining
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var pid: Int?
            var user: String?
            var exe: String?
            var record: Int?
            var done: String?
            var remaining: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "pid": pid = try reader.read()
                case "user": user = try reader.read()
                case "exe": exe = try reader.read()
                case "record": record = try reader.read()
                case "done": done = try reader.read()
                case "remaining": remaining = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.pid = pid
            self.user = user
            self.exe = exe
            self.record = record
            self.done = try reader.require(done, "done")
            self.remaining = try reader.require(remaining, "remaining")
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("pid", pid)
            writer.member("user", user)
            writer.member("exe", exe)
            writer.member("record", record)
            writer.member("done", done)
            writer.member("remaining", remaining)
            writer.endObject()
        }
    }
}

extension AdminInterface {
    /// A caller as somebody describes it in a question. What is left out is taken to be absent: no other group, no
    /// unit.
    package struct Subject: JSONReadable, JSONWritable, Equatable, Sendable {
        /// The user.
        package var uid: Int?
        /// The group.
        package var gid: Int?
        /// Supplementary groups.
        package var groups: [Int]?
        /// The security label.
        package var label: String?
        /// The control group's path.
        package var cgroup: String?
        /// The systemd unit.
        package var unit: String?
        /// Who logged in.
        package var loginuid: Int?
        /// The program's path.
        package var exe: String?
        /// host, or the inode number of another pid namespace.
        package var namespace: String?
        /// The SHA-256 of the program, in lower-case hexadecimal digits.
        package var sha256: String?
        /// The id of the container.
        package var container: String?
        /// The uid of the Kubernetes pod.
        package var pod: String?

        package init(
            uid: Int? = nil, gid: Int? = nil, groups: [Int]? = nil, label: String? = nil, cgroup: String? = nil,
            unit: String? = nil, loginuid: Int? = nil, exe: String? = nil, namespace: String? = nil,
            sha256: String? = nil, container: String? = nil, pod: String? = nil
        ) {
            self.uid = uid
            self.gid = gid
            self.groups = groups
            self.label = label
            self.cgroup = cgroup
            self.unit = unit
            self.loginuid = loginuid
            self.exe = exe
            self.namespace = namespace
            self.sha256 = sha256
            self.container = container
            self.pod = pod
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var uid: Int?
            var gid: Int?
            var groups: [Int]?
            var label: String?
            var cgroup: String?
            var unit: String?
            var loginuid: Int?
            var exe: String?
            var namespace: String?
            var sha256: String?
            var container: String?
            var pod: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "uid": uid = try reader.read()
                case "gid": gid = try reader.read()
                case "groups": groups = try reader.read()
                case "label": label = try reader.read()
                case "cgroup": cgroup = try reader.read()
                case "unit": unit = try reader.read()
                case "loginuid": loginuid = try reader.read()
                case "exe": exe = try reader.read()
                case "namespace": namespace = try reader.read()
                case "sha256": sha256 = try reader.read()
                case "container": container = try reader.read()
                case "pod": pod = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.uid = uid
            self.gid = gid
            self.groups = groups
            self.label = label
            self.cgroup = cgroup
            self.unit = unit
            self.loginuid = loginuid
            self.exe = exe
            self.namespace = namespace
            self.sha256 = sha256
            self.container = container
            self.pod = pod
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("uid", uid)
            writer.member("gid", gid)
            writer.member("groups", groups)
            writer.member("label", label)
            writer.member("cgroup", cgroup)
            writer.member("unit", unit)
            writer.member("loginuid", loginuid)
            writer.member("exe", exe)
            writer.member("namespace", namespace)
            writer.member("sha256", sha256)
            writer.member("container", container)
            writer.member("pod", pod)
            writer.endObject()
        }
    }
}

extension AdminInterface {
    /// One selector or condition of a rule, held against a request.
    package struct Finding: JSONReadable, JSONWritable, Equatable, Sendable {
        /// The rule.
        package var rule: String
        /// The key in a policy file, such as unit, capability or not-after.
        package var selector: String
        /// What the rule wants.
        package var wanted: String
        /// What was found; null when it is not known.
        package var got: String?
        /// Null when it cannot be told: a permit then does not match, a forbid does.
        package var matched: Bool?

        package init(rule: String, selector: String, wanted: String, got: String? = nil, matched: Bool? = nil) {
            self.rule = rule
            self.selector = selector
            self.wanted = wanted
            self.got = got
            self.matched = matched
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var rule: String?
            var selector: String?
            var wanted: String?
            var got: String?
            var matched: Bool?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "rule": rule = try reader.read()
                case "selector": selector = try reader.read()
                case "wanted": wanted = try reader.read()
                case "got": got = try reader.read()
                case "matched": matched = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.rule = try reader.require(rule, "rule")
            self.selector = try reader.require(selector, "selector")
            self.wanted = try reader.require(wanted, "wanted")
            self.got = got
            self.matched = matched
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("rule", rule)
            writer.member("selector", selector)
            writer.member("wanted", wanted)
            writer.member("got", got)
            writer.member("matched", matched)
            writer.endObject()
        }
    }
}

extension AdminInterface {
    /// Who can have what, by one rule.
    package struct Answer: JSONReadable, JSONWritable, Equatable, Sendable {
        /// Whom the rule names; a field for each rule of who is meant.
        package var subject: Subject
        /// The name, or the rule's pattern where no capability is known that it matches.
        package var name: String
        /// What can be had when the conditions hold.
        package var rights: [String]
        /// The rule.
        package var rule: String
        /// What must hold besides.
        package var conditions: [String]

        package init(subject: Subject, name: String, rights: [String], rule: String, conditions: [String]) {
            self.subject = subject
            self.name = name
            self.rights = rights
            self.rule = rule
            self.conditions = conditions
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var subject: Subject?
            var name: String?
            var rights: [String]?
            var rule: String?
            var conditions: [String]?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "subject": subject = try reader.read()
                case "name": name = try reader.read()
                case "rights": rights = try reader.read()
                case "rule": rule = try reader.read()
                case "conditions": conditions = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.subject = try reader.require(subject, "subject")
            self.name = try reader.require(name, "name")
            self.rights = try reader.require(rights, "rights")
            self.rule = try reader.require(rule, "rule")
            self.conditions = try reader.require(conditions, "conditions")
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("subject", subject)
            writer.member("name", name)
            writer.member("rights", rights)
            writer.member("rule", rule)
            writer.member("conditions", conditions)
            writer.endObject()
        }
    }
}

extension AdminInterface {
    /// Something that a unit can ask its service manager for (LoadCredential=), at the socket of vaultd for that.
    package struct Credential: JSONReadable, JSONWritable, Equatable, Sendable {
        /// What the unit calls it.
        package var credential: String
        /// The capability whose content it is.
        package var name: String
        /// What that is, as in Capability.
        package var kind: String
        /// How many bytes it holds, of memory that is held.
        package var size: Int?
        /// Whether the unit would get it now.
        package var permitted: Bool
        /// The rules that make the decision; of a unit that no rule names there are none.
        package var rules: [String]
        /// Why it would not.
        package var problem: String?

        package init(
            credential: String, name: String, kind: String, size: Int? = nil, permitted: Bool, rules: [String],
            problem: String? = nil
        ) {
            self.credential = credential
            self.name = name
            self.kind = kind
            self.size = size
            self.permitted = permitted
            self.rules = rules
            self.problem = problem
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var credential: String?
            var name: String?
            var kind: String?
            var size: Int?
            var permitted: Bool?
            var rules: [String]?
            var problem: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "credential": credential = try reader.read()
                case "name": name = try reader.read()
                case "kind": kind = try reader.read()
                case "size": size = try reader.read()
                case "permitted": permitted = try reader.read()
                case "rules": rules = try reader.read()
                case "problem": problem = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.credential = try reader.require(credential, "credential")
            self.name = try reader.require(name, "name")
            self.kind = try reader.require(kind, "kind")
            self.size = size
            self.permitted = try reader.require(permitted, "permitted")
            self.rules = try reader.require(rules, "rules")
            self.problem = problem
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("credential", credential)
            writer.member("name", name)
            writer.member("kind", kind)
            writer.member("size", size)
            writer.member("permitted", permitted)
            writer.member("rules", rules)
            writer.member("problem", problem)
            writer.endObject()
        }
    }
}

extension AdminInterface {
    /// A grant that is followed until it ends.
    package struct Lease: JSONReadable, JSONWritable, Equatable, Sendable {
        /// Its id.
        package var id: String
        /// The number of the grant's record in the audit log.
        package var record: Int
        /// The capability.
        package var name: String
        /// The rights that were granted.
        package var rights: [String]
        /// The rule that it is charged to.
        package var rule: String
        /// The user of the process that got it.
        package var uid: Int
        /// The name of that user, where it has one.
        package var user: String?
        /// The process that got it.
        package var pid: Int
        /// The program of that process, where it was read.
        package var exe: String?
        /// When it was granted, in microseconds since 1970.
        package var startedUSec: Int
        /// When it ends, unless it is renewed; without a value when it is released or its process ends.
        package var expiresUSec: Int?
        /// Until when it can be renewed. Without a value it cannot.
        package var renewableUSec: Int?
        /// Whether what was granted is known to be something else than what the name leads to now: its file was
        /// replaced, or what was read into memory was written, and the capability renewed.
        package var isOutdated: Bool?

        package init(
            id: String, record: Int, name: String, rights: [String], rule: String, uid: Int, user: String? = nil,
            pid: Int, exe: String? = nil, startedUSec: Int, expiresUSec: Int? = nil, renewableUSec: Int? = nil,
            isOutdated: Bool? = nil
        ) {
            self.id = id
            self.record = record
            self.name = name
            self.rights = rights
            self.rule = rule
            self.uid = uid
            self.user = user
            self.pid = pid
            self.exe = exe
            self.startedUSec = startedUSec
            self.expiresUSec = expiresUSec
            self.renewableUSec = renewableUSec
            self.isOutdated = isOutdated
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var id: String?
            var record: Int?
            var name: String?
            var rights: [String]?
            var rule: String?
            var uid: Int?
            var user: String?
            var pid: Int?
            var exe: String?
            var startedUSec: Int?
            var expiresUSec: Int?
            var renewableUSec: Int?
            var isOutdated: Bool?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "id": id = try reader.read()
                case "record": record = try reader.read()
                case "name": name = try reader.read()
                case "rights": rights = try reader.read()
                case "rule": rule = try reader.read()
                case "uid": uid = try reader.read()
                case "user": user = try reader.read()
                case "pid": pid = try reader.read()
                case "exe": exe = try reader.read()
                case "startedUSec": startedUSec = try reader.read()
                case "expiresUSec": expiresUSec = try reader.read()
                case "renewableUSec": renewableUSec = try reader.read()
                case "isOutdated": isOutdated = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.id = try reader.require(id, "id")
            self.record = try reader.require(record, "record")
            self.name = try reader.require(name, "name")
            self.rights = try reader.require(rights, "rights")
            self.rule = try reader.require(rule, "rule")
            self.uid = try reader.require(uid, "uid")
            self.user = user
            self.pid = try reader.require(pid, "pid")
            self.exe = exe
            self.startedUSec = try reader.require(startedUSec, "startedUSec")
            self.expiresUSec = expiresUSec
            self.renewableUSec = renewableUSec
            self.isOutdated = isOutdated
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("id", id)
            writer.member("record", record)
            writer.member("name", name)
            writer.member("rights", rights)
            writer.member("rule", rule)
            writer.member("uid", uid)
            writer.member("user", user)
            writer.member("pid", pid)
            writer.member("exe", exe)
            writer.member("startedUSec", startedUSec)
            writer.member("expiresUSec", expiresUSec)
            writer.member("renewableUSec", renewableUSec)
            writer.member("isOutdated", isOutdated)
            writer.endObject()
        }
    }
}

extension AdminInterface {
    /// Something that is wrong with the vault.
    package struct Advice: JSONReadable, JSONWritable, Equatable, Sendable {
        /// What is wrong, in one line.
        package var problem: String
        /// What can be done about it.
        package var remedy: String

        package init(problem: String, remedy: String) {
            self.problem = problem
            self.remedy = remedy
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var problem: String?
            var remedy: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "problem": problem = try reader.read()
                case "remedy": remedy = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.problem = try reader.require(problem, "problem")
            self.remedy = try reader.require(remedy, "remedy")
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("problem", problem)
            writer.member("remedy", remedy)
            writer.endObject()
        }
    }
}

extension AdminInterface {
    /// How the audit log is.
    package struct LogStatus: JSONReadable, JSONWritable, Equatable, Sendable {
        /// Whether it can be written. If not nothing is granted.
        package var working: Bool
        /// How many records it has.
        package var records: Int
        /// The root of the tree over them, in hexadecimal digits.
        package var root: String
        /// The directory that it lies in.
        package var state: String
        /// The name of the log, as its checkpoints have it.
        package var origin: String?
        /// The key that verifies its checkpoints, as C2SP signed-note has it.
        package var key: String?
        /// How many of its records the newest checkpoint covers.
        package var signed: Int?
        /// When that was made, in microseconds since 1970.
        package var newestCheckpointUSec: Int?
        /// The first record whose text is still there, where some were pruned.
        package var prunedBefore: Int?
        /// Why it cannot be written.
        package var problem: String?
        /// What is wrong, where the database is not what was signed or committed.
        package var finding: String?
        /// What to do about that.
        package var remedy: String?
        /// The size of the database in bytes.
        package var databaseBytes: Int?
        /// The size of the database's write-ahead log in bytes.
        package var writeAheadLogBytes: Int?
        /// Where that has 32 MiB or more: the processes that keep it from becoming small again.
        package var readers: [String]?

        package init(
            working: Bool, records: Int, root: String, state: String, origin: String? = nil, key: String? = nil,
            signed: Int? = nil, newestCheckpointUSec: Int? = nil, prunedBefore: Int? = nil, problem: String? = nil,
            finding: String? = nil, remedy: String? = nil, databaseBytes: Int? = nil, writeAheadLogBytes: Int? = nil,
            readers: [String]? = nil
        ) {
            self.working = working
            self.records = records
            self.root = root
            self.state = state
            self.origin = origin
            self.key = key
            self.signed = signed
            self.newestCheckpointUSec = newestCheckpointUSec
            self.prunedBefore = prunedBefore
            self.problem = problem
            self.finding = finding
            self.remedy = remedy
            self.databaseBytes = databaseBytes
            self.writeAheadLogBytes = writeAheadLogBytes
            self.readers = readers
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var working: Bool?
            var records: Int?
            var root: String?
            var state: String?
            var origin: String?
            var key: String?
            var signed: Int?
            var newestCheckpointUSec: Int?
            var prunedBefore: Int?
            var problem: String?
            var finding: String?
            var remedy: String?
            var databaseBytes: Int?
            var writeAheadLogBytes: Int?
            var readers: [String]?
            try reader.beginObject()
            while let key2 = try reader.nextKey() {
                switch key2 {
                case "working": working = try reader.read()
                case "records": records = try reader.read()
                case "root": root = try reader.read()
                case "state": state = try reader.read()
                case "origin": origin = try reader.read()
                case "key": key = try reader.read()
                case "signed": signed = try reader.read()
                case "newestCheckpointUSec": newestCheckpointUSec = try reader.read()
                case "prunedBefore": prunedBefore = try reader.read()
                case "problem": problem = try reader.read()
                case "finding": finding = try reader.read()
                case "remedy": remedy = try reader.read()
                case "databaseBytes": databaseBytes = try reader.read()
                case "writeAheadLogBytes": writeAheadLogBytes = try reader.read()
                case "readers": readers = try reader.read()
                default: try reader.skipOrRefuse(key2)
                }
            }
            self.working = try reader.require(working, "working")
            self.records = try reader.require(records, "records")
            self.root = try reader.require(root, "root")
            self.state = try reader.require(state, "state")
            self.origin = origin
            self.key = key
            self.signed = signed
            self.newestCheckpointUSec = newestCheckpointUSec
            self.prunedBefore = prunedBefore
            self.problem = problem
            self.finding = finding
            self.remedy = remedy
            self.databaseBytes = databaseBytes
            self.writeAheadLogBytes = writeAheadLogBytes
            self.readers = readers
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("working", working)
            writer.member("records", records)
            writer.member("root", root)
            writer.member("state", state)
            writer.member("origin", origin)
            writer.member("key", key)
            writer.member("signed", signed)
            writer.member("newestCheckpointUSec", newestCheckpointUSec)
            writer.member("prunedBefore", prunedBefore)
            writer.member("problem", problem)
            writer.member("finding", finding)
            writer.member("remedy", remedy)
            writer.member("databaseBytes", databaseBytes)
            writer.member("writeAheadLogBytes", writeAheadLogBytes)
            writer.member("readers", readers)
            writer.endObject()
        }
    }
}

extension AdminInterface {
    /// How the policy is.
    package struct PolicyStatus: JSONReadable, JSONWritable, Equatable, Sendable {
        /// The revision that is in force.
        package var revision: Int
        /// Its SHA-256, in lower-case hexadecimal digits.
        package var sha256: String
        /// How many rules it has.
        package var rules: Int
        /// The rules that are suspended.
        package var suspended: [String]
        /// Whence its files are: directory, command or none.
        package var source: String
        /// The directory of policy files, if the vault has one.
        package var directory: String?
        /// Whether what is in force is what that directory holds.
        package var isTheDirectorys: Bool?
        /// What a reload would change, a line each.
        package var reloadWouldChange: [String]?
        /// Files in the directory that are not read.
        package var unread: [String]?

        package init(
            revision: Int, sha256: String, rules: Int, suspended: [String], source: String, directory: String? = nil,
            isTheDirectorys: Bool? = nil, reloadWouldChange: [String]? = nil, unread: [String]? = nil
        ) {
            self.revision = revision
            self.sha256 = sha256
            self.rules = rules
            self.suspended = suspended
            self.source = source
            self.directory = directory
            self.isTheDirectorys = isTheDirectorys
            self.reloadWouldChange = reloadWouldChange
            self.unread = unread
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var revision: Int?
            var sha256: String?
            var rules: Int?
            var suspended: [String]?
            var source: String?
            var directory: String?
            var isTheDirectorys: Bool?
            var reloadWouldChange: [String]?
            var unread: [String]?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "revision": revision = try reader.read()
                case "sha256": sha256 = try reader.read()
                case "rules": rules = try reader.read()
                case "suspended": suspended = try reader.read()
                case "source": source = try reader.read()
                case "directory": directory = try reader.read()
                case "isTheDirectorys": isTheDirectorys = try reader.read()
                case "reloadWouldChange": reloadWouldChange = try reader.read()
                case "unread": unread = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.revision = try reader.require(revision, "revision")
            self.sha256 = try reader.require(sha256, "sha256")
            self.rules = try reader.require(rules, "rules")
            self.suspended = try reader.require(suspended, "suspended")
            self.source = try reader.require(source, "source")
            self.directory = directory
            self.isTheDirectorys = isTheDirectorys
            self.reloadWouldChange = reloadWouldChange
            self.unread = unread
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("revision", revision)
            writer.member("sha256", sha256)
            writer.member("rules", rules)
            writer.member("suspended", suspended)
            writer.member("source", source)
            writer.member("directory", directory)
            writer.member("isTheDirectorys", isTheDirectorys)
            writer.member("reloadWouldChange", reloadWouldChange)
            writer.member("unread", unread)
            writer.endObject()
        }
    }
}

extension AdminInterface {
    /// One stage of a call of Open.
    package struct StageTime: JSONReadable, JSONWritable, Equatable, Sendable {
        /// deciding, opening, committing, or queued (until sendmsg(2) took it).
        package var stage: String
        /// How many calls have left it.
        package var count: Int
        /// How long all of them were in it, in microseconds.
        package var totalUSec: Int
        /// How long the one was that was longest.
        package var longestUSec: Int

        package init(stage: String, count: Int, totalUSec: Int, longestUSec: Int) {
            self.stage = stage
            self.count = count
            self.totalUSec = totalUSec
            self.longestUSec = longestUSec
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var stage: String?
            var count: Int?
            var totalUSec: Int?
            var longestUSec: Int?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "stage": stage = try reader.read()
                case "count": count = try reader.read()
                case "totalUSec": totalUSec = try reader.read()
                case "longestUSec": longestUSec = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.stage = try reader.require(stage, "stage")
            self.count = try reader.require(count, "count")
            self.totalUSec = try reader.require(totalUSec, "totalUSec")
            self.longestUSec = try reader.require(longestUSec, "longestUSec")
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("stage", stage)
            writer.member("count", count)
            writer.member("totalUSec", totalUSec)
            writer.member("longestUSec", longestUSec)
            writer.endObject()
        }
    }
}

extension AdminInterface {
    /// How the vault is.
    package struct VaultStatus: JSONReadable, JSONWritable, Equatable, Sendable {
        /// What is wrong, a line each, the worst first.
        package var problems: [String]
        /// The same, each with what can be done about it.
        package var advice: [Advice]
        /// ok; degraded, where something does not work and grants are given; or failed, where none are.
        package var health: String?
        /// The version of the vault.
        package var version: String
        /// Since when it runs, in microseconds since 1970.
        package var startedUSec: Int
        /// The audit log.
        package var log: LogStatus
        /// The policy.
        package var policy: PolicyStatus
        /// The capabilities: how many there are, how many descriptors are held for them, and which are not as they
        /// should be.
        package var capabilities: Capabilities
        /// How long calls of Open stay in each of their stages, since the start.
        package var stages: [StageTime]?
        /// The connections: how many there are, and how many there may be in all and of one user.
        package var connections: Connections
        /// Whether the clock is believed, and the time of the newest record.
        package var clock: Clock
        /// The grants that are followed, the processes that have them, and how many of these there may be.
        package var leases: Leases
        /// Whether the process is there that opens what the vault may not.
        package var opener: Opener
        /// How many descriptors the vault may have open.
        package var descriptorLimit: Int

        package init(
            problems: [String], advice: [Advice], health: String? = nil, version: String, startedUSec: Int,
            log: LogStatus, policy: PolicyStatus, capabilities: Capabilities, stages: [StageTime]? = nil,
            connections: Connections, clock: Clock, leases: Leases, opener: Opener, descriptorLimit: Int
        ) {
            self.problems = problems
            self.advice = advice
            self.health = health
            self.version = version
            self.startedUSec = startedUSec
            self.log = log
            self.policy = policy
            self.capabilities = capabilities
            self.stages = stages
            self.connections = connections
            self.clock = clock
            self.leases = leases
            self.opener = opener
            self.descriptorLimit = descriptorLimit
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var problems: [String]?
            var advice: [Advice]?
            var health: String?
            var version: String?
            var startedUSec: Int?
            var log: LogStatus?
            var policy: PolicyStatus?
            var capabilities: Capabilities?
            var stages: [StageTime]?
            var connections: Connections?
            var clock: Clock?
            var leases: Leases?
            var opener: Opener?
            var descriptorLimit: Int?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "problems": problems = try reader.read()
                case "advice": advice = try reader.read()
                case "health": health = try reader.read()
                case "version": version = try reader.read()
                case "startedUSec": startedUSec = try reader.read()
                case "log": log = try reader.read()
                case "policy": policy = try reader.read()
                case "capabilities": capabilities = try reader.read()
                case "stages": stages = try reader.read()
                case "connections": connections = try reader.read()
                case "clock": clock = try reader.read()
                case "leases": leases = try reader.read()
                case "opener": opener = try reader.read()
                case "descriptorLimit": descriptorLimit = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.problems = try reader.require(problems, "problems")
            self.advice = try reader.require(advice, "advice")
            self.health = health
            self.version = try reader.require(version, "version")
            self.startedUSec = try reader.require(startedUSec, "startedUSec")
            self.log = try reader.require(log, "log")
            self.policy = try reader.require(policy, "policy")
            self.capabilities = try reader.require(capabilities, "capabilities")
            self.stages = stages
            self.connections = try reader.require(connections, "connections")
            self.clock = try reader.require(clock, "clock")
            self.leases = try reader.require(leases, "leases")
            self.opener = try reader.require(opener, "opener")
            self.descriptorLimit = try reader.require(descriptorLimit, "descriptorLimit")
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("problems", problems)
            writer.member("advice", advice)
            writer.member("health", health)
            writer.member("version", version)
            writer.member("startedUSec", startedUSec)
            writer.member("log", log)
            writer.member("policy", policy)
            writer.member("capabilities", capabilities)
            writer.member("stages", stages)
            writer.member("connections", connections)
            writer.member("clock", clock)
            writer.member("leases", leases)
            writer.member("opener", opener)
            writer.member("descriptorLimit", descriptorLimit)
            writer.endObject()
        }

        /// Of the field `capabilities`.
        package struct Capabilities: JSONReadable, JSONWritable, Equatable, Sendable {
            package var count: Int
            package var descriptors: Int
            package var failed: [String]
            package var stale: [String]

            package init(count: Int, descriptors: Int, failed: [String], stale: [String]) {
                self.count = count
                self.descriptors = descriptors
                self.failed = failed
                self.stale = stale
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var count: Int?
                var descriptors: Int?
                var failed: [String]?
                var stale: [String]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "count": count = try reader.read()
                    case "descriptors": descriptors = try reader.read()
                    case "failed": failed = try reader.read()
                    case "stale": stale = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.count = try reader.require(count, "count")
                self.descriptors = try reader.require(descriptors, "descriptors")
                self.failed = try reader.require(failed, "failed")
                self.stale = try reader.require(stale, "stale")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("count", count)
                writer.member("descriptors", descriptors)
                writer.member("failed", failed)
                writer.member("stale", stale)
                writer.endObject()
            }
        }

        /// Of the field `connections`.
        package struct Connections: JSONReadable, JSONWritable, Equatable, Sendable {
            package var count: Int
            package var limit: Int
            package var limitPerUser: Int

            package init(count: Int, limit: Int, limitPerUser: Int) {
                self.count = count
                self.limit = limit
                self.limitPerUser = limitPerUser
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var count: Int?
                var limit: Int?
                var limitPerUser: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "count": count = try reader.read()
                    case "limit": limit = try reader.read()
                    case "limitPerUser": limitPerUser = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.count = try reader.require(count, "count")
                self.limit = try reader.require(limit, "limit")
                self.limitPerUser = try reader.require(limitPerUser, "limitPerUser")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("count", count)
                writer.member("limit", limit)
                writer.member("limitPerUser", limitPerUser)
                writer.endObject()
            }
        }

        /// Of the field `clock`.
        package struct Clock: JSONReadable, JSONWritable, Equatable, Sendable {
            package var trusted: Bool
            package var newestRecordUSec: Int

            package init(trusted: Bool, newestRecordUSec: Int) {
                self.trusted = trusted
                self.newestRecordUSec = newestRecordUSec
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var trusted: Bool?
                var newestRecordUSec: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "trusted": trusted = try reader.read()
                    case "newestRecordUSec": newestRecordUSec = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.trusted = try reader.require(trusted, "trusted")
                self.newestRecordUSec = try reader.require(newestRecordUSec, "newestRecordUSec")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("trusted", trusted)
                writer.member("newestRecordUSec", newestRecordUSec)
                writer.endObject()
            }
        }

        /// Of the field `leases`.
        package struct Leases: JSONReadable, JSONWritable, Equatable, Sendable {
            package var count: Int
            package var holders: Int
            package var limitOfHolders: Int

            package init(count: Int, holders: Int, limitOfHolders: Int) {
                self.count = count
                self.holders = holders
                self.limitOfHolders = limitOfHolders
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var count: Int?
                var holders: Int?
                var limitOfHolders: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "count": count = try reader.read()
                    case "holders": holders = try reader.read()
                    case "limitOfHolders": limitOfHolders = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.count = try reader.require(count, "count")
                self.holders = try reader.require(holders, "holders")
                self.limitOfHolders = try reader.require(limitOfHolders, "limitOfHolders")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("count", count)
                writer.member("holders", holders)
                writer.member("limitOfHolders", limitOfHolders)
                writer.endObject()
            }
        }

        /// Of the field `opener`.
        package struct Opener: JSONReadable, JSONWritable, Equatable, Sendable {
            package var alive: Bool

            package init(alive: Bool) {
                self.alive = alive
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var alive: Bool?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "alive": alive = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.alive = try reader.require(alive, "alive")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("alive", alive)
                writer.endObject()
            }
        }
    }
}

extension AdminInterface {
    /// Add a rule.
    package enum Grant: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Grant"

        /// The parameters of `Grant`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The rule, as a policy file would hold it. Without an id it gets one.
            package var document: String
            /// Why, for the audit log.
            package var reason: String?
            /// Check, and change nothing.
            package var dryRun: Bool?

            package init(document: String, reason: String? = nil, dryRun: Bool? = nil) {
                self.document = document
                self.reason = reason
                self.dryRun = dryRun
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var document: String?
                var reason: String?
                var dryRun: Bool?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "document": document = try reader.read()
                    case "reason": reason = try reader.read()
                    case "dryRun": dryRun = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.document = try reader.require(document, "document")
                self.reason = reason
                self.dryRun = dryRun
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("document", document)
                writer.member("reason", reason)
                writer.member("dryRun", dryRun)
                writer.endObject()
            }
        }

        /// The reply of `Grant`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The id of the rule.
            package var rule: String
            /// The number of the record in the audit log; none for a dry run.
            package var record: Int?
            /// Warnings: what it names does not exist, or has not the rights. The rule is made all the same.
            package var problems: [Problem]?

            package init(rule: String, record: Int? = nil, problems: [Problem]? = nil) {
                self.rule = rule
                self.record = record
                self.problems = problems
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var rule: String?
                var record: Int?
                var problems: [Problem]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "rule": rule = try reader.read()
                    case "record": record = try reader.read()
                    case "problems": problems = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.rule = try reader.require(rule, "rule")
                self.record = record
                self.problems = problems
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("rule", rule)
                writer.member("record", record)
                writer.member("problems", problems)
                writer.endObject()
            }
        }
    }
}

extension AdminInterface {
    /// Take permits back: granted ones are removed, those of files suspended. Either rule, or pattern and from, is
    /// given.
    package enum Revoke: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Revoke"

        /// The parameters of `Revoke`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The id of one rule.
            package var rule: String?
            /// Revoke what permits names that match,
            package var pattern: String?
            /// to this principal, such as user:alice or gid:100.
            package var from: String?
            /// Why, for the audit log.
            package var reason: String?
            /// Tell what would happen, and change nothing.
            package var dryRun: Bool?

            package init(
                rule: String? = nil, pattern: String? = nil, from: String? = nil, reason: String? = nil,
                dryRun: Bool? = nil
            ) {
                self.rule = rule
                self.pattern = pattern
                self.from = from
                self.reason = reason
                self.dryRun = dryRun
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var rule: String?
                var pattern: String?
                var from: String?
                var reason: String?
                var dryRun: Bool?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "rule": rule = try reader.read()
                    case "pattern": pattern = try reader.read()
                    case "from": from = try reader.read()
                    case "reason": reason = try reader.read()
                    case "dryRun": dryRun = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.rule = rule
                self.pattern = pattern
                self.from = from
                self.reason = reason
                self.dryRun = dryRun
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("rule", rule)
                writer.member("pattern", pattern)
                writer.member("from", from)
                writer.member("reason", reason)
                writer.member("dryRun", dryRun)
                writer.endObject()
            }
        }

        /// The reply of `Revoke`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The rules that were removed or suspended.
            package var rules: [String]
            /// What was done about those who hold a descriptor: one for each that is followed, one for each capability
            /// of which what is out was cut, and one for each user who was sent something under these rules since the
            /// daemon started.
            package var outcomes: [Outcome]
            /// Rules that still permit it to the principal.
            package var stillPermittedBy: [String]
            /// Of the rules, those that forbid something: what was lifted gave nobody a descriptor.
            package var lifted: [String]?
            /// Permits about something that was forbidden, each with its place: what they permit can be had now.
            package var nowPermittedBy: [String]?
            /// The number of the record in the audit log; none for a dry run, when there was nothing to revoke, or when
            /// the log cannot be written: the revocation is in force all the same, and recorded when it can.
            package var record: Int?
            /// False when a crash now would undo the revocation, because nothing could be written to the disk.
            package var durable: Bool?
            /// Why nothing was revoked, where nothing was.
            package var problems: [Problem]?

            package init(
                rules: [String], outcomes: [Outcome], stillPermittedBy: [String], lifted: [String]? = nil,
                nowPermittedBy: [String]? = nil, record: Int? = nil, durable: Bool? = nil, problems: [Problem]? = nil
            ) {
                self.rules = rules
                self.outcomes = outcomes
                self.stillPermittedBy = stillPermittedBy
                self.lifted = lifted
                self.nowPermittedBy = nowPermittedBy
                self.record = record
                self.durable = durable
                self.problems = problems
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var rules: [String]?
                var outcomes: [Outcome]?
                var stillPermittedBy: [String]?
                var lifted: [String]?
                var nowPermittedBy: [String]?
                var record: Int?
                var durable: Bool?
                var problems: [Problem]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "rules": rules = try reader.read()
                    case "outcomes": outcomes = try reader.read()
                    case "stillPermittedBy": stillPermittedBy = try reader.read()
                    case "lifted": lifted = try reader.read()
                    case "nowPermittedBy": nowPermittedBy = try reader.read()
                    case "record": record = try reader.read()
                    case "durable": durable = try reader.read()
                    case "problems": problems = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.rules = try reader.require(rules, "rules")
                self.outcomes = try reader.require(outcomes, "outcomes")
                self.stillPermittedBy = try reader.require(stillPermittedBy, "stillPermittedBy")
                self.lifted = lifted
                self.nowPermittedBy = nowPermittedBy
                self.record = record
                self.durable = durable
                self.problems = problems
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("rules", rules)
                writer.member("outcomes", outcomes)
                writer.member("stillPermittedBy", stillPermittedBy)
                writer.member("lifted", lifted)
                writer.member("nowPermittedBy", nowPermittedBy)
                writer.member("record", record)
                writer.member("durable", durable)
                writer.member("problems", problems)
                writer.endObject()
            }
        }
    }
}

extension AdminInterface {
    /// End the suspension of a rule.
    package enum Resume: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Resume"

        /// The parameters of `Resume`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The id of the rule.
            package var rule: String
            /// Why, for the audit log.
            package var reason: String?

            package init(rule: String, reason: String? = nil) {
                self.rule = rule
                self.reason = reason
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var rule: String?
                var reason: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "rule": rule = try reader.read()
                    case "reason": reason = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.rule = try reader.require(rule, "rule")
                self.reason = reason
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("rule", rule)
                writer.member("reason", reason)
                writer.endObject()
            }
        }

        /// The reply of `Resume`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The number of the record in the audit log.
            package var record: Int

            package init(record: Int) {
                self.record = record
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var record: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "record": record = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.record = try reader.require(record, "record")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("record", record)
                writer.endObject()
            }
        }
    }
}

extension AdminInterface {
    /// The rules that are stored. With more, in several replies.
    package enum Rules: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Rules"

        /// The parameters of `Rules`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// Only rules about names that match.
            package var pattern: String?
            /// Only the rule of this id.
            package var rule: String?
            /// The rules of an earlier revision.
            package var revision: Int?
            /// The policy files of that revision too, as they were applied.
            package var files: Bool?

            package init(pattern: String? = nil, rule: String? = nil, revision: Int? = nil, files: Bool? = nil) {
                self.pattern = pattern
                self.rule = rule
                self.revision = revision
                self.files = files
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var pattern: String?
                var rule: String?
                var revision: Int?
                var files: Bool?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "pattern": pattern = try reader.read()
                    case "rule": rule = try reader.read()
                    case "revision": revision = try reader.read()
                    case "files": files = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.pattern = pattern
                self.rule = rule
                self.revision = revision
                self.files = files
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("pattern", pattern)
                writer.member("rule", rule)
                writer.member("revision", revision)
                writer.member("files", files)
                writer.endObject()
            }
        }

        /// The reply of `Rules`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The revision that they belong to.
            package var revision: Int
            /// The rules, in the order of their ids.
            package var rules: [Rule]
            /// The files, in the order of their paths, where they were asked for.
            package var files: [File]?

            package init(revision: Int, rules: [Rule], files: [File]? = nil) {
                self.revision = revision
                self.rules = rules
                self.files = files
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var revision: Int?
                var rules: [Rule]?
                var files: [File]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "revision": revision = try reader.read()
                    case "rules": rules = try reader.read()
                    case "files": files = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.revision = try reader.require(revision, "revision")
                self.rules = try reader.require(rules, "rules")
                self.files = files
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("revision", revision)
                writer.member("rules", rules)
                writer.member("files", files)
                writer.endObject()
            }
        }
    }
}

extension AdminInterface {
    /// The revisions of the policy, the newest first. With more, in several replies.
    package enum Revisions: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Revisions"

        /// The parameters of `Revisions`.
        package typealias Parameters = EmptyMessage

        /// The reply of `Revisions`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// Each with who made it and why.
            package var revisions: [Revision]

            package init(revisions: [Revision]) {
                self.revisions = revisions
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var revisions: [Revision]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "revisions": revisions = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.revisions = try reader.require(revisions, "revisions")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("revisions", revisions)
                writer.endObject()
            }
        }
    }
}

extension AdminInterface {
    /// What differs between two revisions. Capabilities that were added by command belong to none.
    package enum Compare: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Compare"

        /// The parameters of `Compare`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The one.
            package var from: Int
            /// The other.
            package var to: Int

            package init(from: Int, to: Int) {
                self.from = from
                self.to = to
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var from: Int?
                var to: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "from": from = try reader.read()
                    case "to": to = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.from = try reader.require(from, "from")
                self.to = try reader.require(to, "to")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("from", from)
                writer.member("to", to)
                writer.endObject()
            }
        }

        /// The reply of `Compare`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// What the other has, and the one has not.
            package var changes: [Change]

            package init(changes: [Change]) {
                self.changes = changes
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var changes: [Change]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "changes": changes = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.changes = try reader.require(changes, "changes")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("changes", changes)
                writer.endObject()
            }
        }
    }
}

extension AdminInterface {
    /// How a capability was declared.
    package enum Declaration: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Declaration"

        /// The parameters of `Declaration`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// Its name.
            package var name: String

            package init(name: String) {
                self.name = name
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var name: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "name": name = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.name = try reader.require(name, "name")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("name", name)
                writer.endObject()
            }
        }

        /// The reply of `Declaration`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The capability as a policy file would hold it.
            package var document: String
            /// Where: the file and line, or added for one that was added by command.
            package var origin: String

            package init(document: String, origin: String) {
                self.document = document
                self.origin = origin
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var document: String?
                var origin: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "document": document = try reader.read()
                    case "origin": origin = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.document = try reader.require(document, "document")
                self.origin = try reader.require(origin, "origin")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("document", document)
                writer.member("origin", origin)
                writer.endObject()
            }
        }
    }
}

extension AdminInterface {
    /// Make a new revision of what comes from files. Granted rules stay.
    package enum ApplyPolicy: InterfaceMethod {
        package static let method = "io.vaultd.Admin.ApplyPolicy"

        /// The parameters of `ApplyPolicy`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// All files of the policy. An empty list drops every rule that came from a file.
            package var files: [File]?
            /// In place of files: the number of a revision whose files are to hold again.
            package var revision: Int?
            /// Why, for the audit log.
            package var reason: String?
            /// Check and compare, and change nothing.
            package var dryRun: Bool?

            package init(files: [File]? = nil, revision: Int? = nil, reason: String? = nil, dryRun: Bool? = nil) {
                self.files = files
                self.revision = revision
                self.reason = reason
                self.dryRun = dryRun
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var files: [File]?
                var revision: Int?
                var reason: String?
                var dryRun: Bool?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "files": files = try reader.read()
                    case "revision": revision = try reader.read()
                    case "reason": reason = try reader.read()
                    case "dryRun": dryRun = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.files = files
                self.revision = revision
                self.reason = reason
                self.dryRun = dryRun
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("files", files)
                writer.member("revision", revision)
                writer.member("reason", reason)
                writer.member("dryRun", dryRun)
                writer.endObject()
            }
        }

        /// The reply of `ApplyPolicy`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The new revision; none if nothing was applied.
            package var revision: Int?
            /// The number of the record in the audit log; none if nothing was applied.
            package var record: Int?
            /// What differs from the revision before.
            package var changes: [Change]
            /// What is wrong with the files. If there is an error among them nothing was applied.
            package var problems: [Problem]
            /// Whence the files of the policy in force are now, or would be: directory (they are what the directory of
            /// policy files holds), command, or none.
            package var source: String?
            /// The directory of policy files, if the broker has one.
            package var directory: String?
            /// What the directory would change back when it is applied again, which happens at a reload or start after
            /// a change in it; given when the source is not the directory.
            package var reloadChanges: [Change]?

            package init(
                revision: Int? = nil, record: Int? = nil, changes: [Change], problems: [Problem], source: String? = nil,
                directory: String? = nil, reloadChanges: [Change]? = nil
            ) {
                self.revision = revision
                self.record = record
                self.changes = changes
                self.problems = problems
                self.source = source
                self.directory = directory
                self.reloadChanges = reloadChanges
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var revision: Int?
                var record: Int?
                var changes: [Change]?
                var problems: [Problem]?
                var source: String?
                var directory: String?
                var reloadChanges: [Change]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "revision": revision = try reader.read()
                    case "record": record = try reader.read()
                    case "changes": changes = try reader.read()
                    case "problems": problems = try reader.read()
                    case "source": source = try reader.read()
                    case "directory": directory = try reader.read()
                    case "reloadChanges": reloadChanges = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.revision = revision
                self.record = record
                self.changes = try reader.require(changes, "changes")
                self.problems = try reader.require(problems, "problems")
                self.source = source
                self.directory = directory
                self.reloadChanges = reloadChanges
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("revision", revision)
                writer.member("record", record)
                writer.member("changes", changes)
                writer.member("problems", problems)
                writer.member("source", source)
                writer.member("directory", directory)
                writer.member("reloadChanges", reloadChanges)
                writer.endObject()
            }
        }
    }
}

extension AdminInterface {
    /// Add a capability.
    package enum AddCapability: InterfaceMethod {
        package static let method = "io.vaultd.Admin.AddCapability"

        /// The parameters of `AddCapability`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The capability, as a policy file would hold it.
            package var document: String
            /// Why, for the audit log.
            package var reason: String?

            package init(document: String, reason: String? = nil) {
                self.document = document
                self.reason = reason
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var document: String?
                var reason: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "document": document = try reader.read()
                    case "reason": reason = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.document = try reader.require(document, "document")
                self.reason = reason
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("document", document)
                writer.member("reason", reason)
                writer.endObject()
            }
        }

        /// The reply of `AddCapability`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The number of the record in the audit log.
            package var record: Int
            /// Warnings: a place that the opener does not open. The capability is added all the same.
            package var problems: [Problem]?

            package init(record: Int, problems: [Problem]? = nil) {
                self.record = record
                self.problems = problems
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var record: Int?
                var problems: [Problem]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "record": record = try reader.read()
                    case "problems": problems = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.record = try reader.require(record, "record")
                self.problems = problems
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("record", record)
                writer.member("problems", problems)
                writer.endObject()
            }
        }
    }
}

extension AdminInterface {
    /// Remove a capability that was added. One of a policy file is removed there.
    package enum RemoveCapability: InterfaceMethod {
        package static let method = "io.vaultd.Admin.RemoveCapability"

        /// The parameters of `RemoveCapability`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// Its name.
            package var name: String
            /// Why, for the audit log.
            package var reason: String?

            package init(name: String, reason: String? = nil) {
                self.name = name
                self.reason = reason
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var name: String?
                var reason: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "name": name = try reader.read()
                    case "reason": reason = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.name = try reader.require(name, "name")
                self.reason = reason
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("name", name)
                writer.member("reason", reason)
                writer.endObject()
            }
        }

        /// The reply of `RemoveCapability`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The number of the record in the audit log.
            package var record: Int

            package init(record: Int) {
                self.record = record
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var record: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "record": record = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.record = try reader.require(record, "record")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("record", record)
                writer.endObject()
            }
        }
    }
}

extension AdminInterface {
    /// The grants that are followed until they end: those of rules with lease or outstanding. With more, in several
    /// replies.
    package enum Leases: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Leases"

        /// The parameters of `Leases`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// Only of names that match.
            package var pattern: String?

            package init(pattern: String? = nil) {
                self.pattern = pattern
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var pattern: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "pattern": pattern = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.pattern = pattern
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("pattern", pattern)
                writer.endObject()
            }
        }

        /// The reply of `Leases`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// Those that match, in the order of their records.
            package var leases: [Lease]

            package init(leases: [Lease]) {
                self.leases = leases
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var leases: [Lease]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "leases": leases = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.leases = try reader.require(leases, "leases")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("leases", leases)
                writer.endObject()
            }
        }
    }
}

extension AdminInterface {
    /// Take the wall clock for right as it is. While it is behind what was recorded before, rules with times do not
    /// permit.
    package enum AcceptClock: InterfaceMethod {
        package static let method = "io.vaultd.Admin.AcceptClock"

        /// The parameters of `AcceptClock`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// Why, for the audit log.
            package var reason: String?

            package init(reason: String? = nil) {
                self.reason = reason
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var reason: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "reason": reason = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.reason = reason
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("reason", reason)
                writer.endObject()
            }
        }

        /// The reply of `AcceptClock`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The number of the record in the audit log.
            package var record: Int

            package init(record: Int) {
                self.record = record
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var record: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "record": record = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.record = try reader.require(record, "record")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("record", record)
                writer.endObject()
            }
        }
    }
}

extension AdminInterface {
    /// How the vault is: what it holds, what failed, whether the audit log can be written.
    package enum Status: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Status"

        /// The parameters of `Status`.
        package typealias Parameters = EmptyMessage

        /// The reply of `Status`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// Problems first.
            package var status: VaultStatus

            package init(status: VaultStatus) {
                self.status = status
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var status: VaultStatus?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "status": status = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.status = try reader.require(status, "status")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("status", status)
                writer.endObject()
            }
        }
    }
}

extension AdminInterface {
    /// Read the directory of policy files again, and apply it if it has changed since it was applied last. Whatever
    /// else the rules rest on is looked at again too: the id that the name of a user or group has now, the table of a
    /// time zone; what differs is a new revision. What is held and stale by now is opened anew, but for a dry run.
    /// Refused files, and a directory that cannot be read, are PolicyRefused, and nothing changes.
    package enum Reload: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Reload"

        /// The parameters of `Reload`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// Why, for the audit log.
            package var reason: String?
            /// Check and compare, and change nothing.
            package var dryRun: Bool?

            package init(reason: String? = nil, dryRun: Bool? = nil) {
                self.reason = reason
                self.dryRun = dryRun
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var reason: String?
                var dryRun: Bool?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "reason": reason = try reader.read()
                    case "dryRun": dryRun = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.reason = reason
                self.dryRun = dryRun
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("reason", reason)
                writer.member("dryRun", dryRun)
                writer.endObject()
            }
        }

        /// The reply of `Reload`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The revision that is in force now.
            package var revision: Int
            /// The number of the record in the audit log; none if nothing changed.
            package var record: Int?
            /// What differs from the policy before.
            package var changes: [Change]?
            /// Warnings: of the files, of what lies in the directory and is not read, of names that cannot be found any
            /// more.
            package var problems: [Problem]?
            /// Whence the files of the policy in force are: directory, command (somebody applied others), or none.
            package var source: String?
            /// The directory of policy files, if the broker has one.
            package var directory: String?
            /// How many changes there are that are not listed.
            package var changesLeft: Int?

            package init(
                revision: Int, record: Int? = nil, changes: [Change]? = nil, problems: [Problem]? = nil,
                source: String? = nil, directory: String? = nil, changesLeft: Int? = nil
            ) {
                self.revision = revision
                self.record = record
                self.changes = changes
                self.problems = problems
                self.source = source
                self.directory = directory
                self.changesLeft = changesLeft
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var revision: Int?
                var record: Int?
                var changes: [Change]?
                var problems: [Problem]?
                var source: String?
                var directory: String?
                var changesLeft: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "revision": revision = try reader.read()
                    case "record": record = try reader.read()
                    case "changes": changes = try reader.read()
                    case "problems": problems = try reader.read()
                    case "source": source = try reader.read()
                    case "directory": directory = try reader.read()
                    case "changesLeft": changesLeft = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.revision = try reader.require(revision, "revision")
                self.record = record
                self.changes = changes
                self.problems = problems
                self.source = source
                self.directory = directory
                self.changesLeft = changesLeft
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("revision", revision)
                writer.member("record", record)
                writer.member("changes", changes)
                writer.member("problems", problems)
                writer.member("source", source)
                writer.member("directory", directory)
                writer.member("changesLeft", changesLeft)
                writer.endObject()
            }
        }
    }
}

extension AdminInterface {
    /// Says for each rule and selector what was wanted, what was found, and whether it matched.
    package enum Explain: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Explain"

        /// The parameters of `Explain`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The number of a grant's or denial's record: explained by the policy that made the decision, with what
            /// was counted then.
            package var record: Int?
            /// In place of a record: whose request to explain by the present policy.
            package var subject: Subject?
            /// What would be asked; open unless something else is said.
            package var action: String?
            /// Of which capability.
            package var name: String?
            /// With which rights; as much as may be had unless something is said.
            package var rights: [String]?
            /// When; now unless something else is said.
            package var atUSec: Int?

            package init(
                record: Int? = nil, subject: Subject? = nil, action: String? = nil, name: String? = nil,
                rights: [String]? = nil, atUSec: Int? = nil
            ) {
                self.record = record
                self.subject = subject
                self.action = action
                self.name = name
                self.rights = rights
                self.atUSec = atUSec
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var record: Int?
                var subject: Subject?
                var action: String?
                var name: String?
                var rights: [String]?
                var atUSec: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "record": record = try reader.read()
                    case "subject": subject = try reader.read()
                    case "action": action = try reader.read()
                    case "name": name = try reader.read()
                    case "rights": rights = try reader.read()
                    case "atUSec": atUSec = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.record = record
                self.subject = subject
                self.action = action
                self.name = name
                self.rights = rights
                self.atUSec = atUSec
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("record", record)
                writer.member("subject", subject)
                writer.member("action", action)
                writer.member("name", name)
                writer.member("rights", rights)
                writer.member("atUSec", atUSec)
                writer.endObject()
            }
        }

        /// The reply of `Explain`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// permit or deny; of a record also unclear, where it depends on what the records do not hold.
            package var decision: String
            /// Of a record: what it says, permit or deny.
            package var recorded: String?
            /// The rules that made it.
            package var rules: [String]
            /// For each rule what it wanted and what was found.
            package var findings: [Finding]

            package init(decision: String, recorded: String? = nil, rules: [String], findings: [Finding]) {
                self.decision = decision
                self.recorded = recorded
                self.rules = rules
                self.findings = findings
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var decision: String?
                var recorded: String?
                var rules: [String]?
                var findings: [Finding]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "decision": decision = try reader.read()
                    case "recorded": recorded = try reader.read()
                    case "rules": rules = try reader.read()
                    case "findings": findings = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.decision = try reader.require(decision, "decision")
                self.recorded = recorded
                self.rules = try reader.require(rules, "rules")
                self.findings = try reader.require(findings, "findings")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("decision", decision)
                writer.member("recorded", recorded)
                writer.member("rules", rules)
                writer.member("findings", findings)
                writer.endObject()
            }
        }
    }
}

extension AdminInterface {
    /// Decides recorded requests again with files that are not applied in place of those of then. All else is as it was
    /// at each request: the rules that were granted or suspended by command, the counters, the clock. With the files
    /// that decided, nothing comes out otherwise. With more: one reply for each that would, and a last one that counts
    /// them.
    package enum Replay: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Replay"

        /// The parameters of `Replay`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// All files of the changed policy.
            package var files: [File]
            /// Only requests that are not older.
            package var sinceUSec: Int?

            package init(files: [File], sinceUSec: Int? = nil) {
                self.files = files
                self.sinceUSec = sinceUSec
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var files: [File]?
                var sinceUSec: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "files": files = try reader.read()
                    case "sinceUSec": sinceUSec = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.files = try reader.require(files, "files")
                self.sinceUSec = sinceUSec
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("files", files)
                writer.member("sinceUSec", sinceUSec)
                writer.endObject()
            }
        }

        /// The reply of `Replay`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The number of the record; null in the last reply.
            package var record: Int?
            /// permit or deny, as it was recorded.
            package var before: String?
            /// permit or deny, as it would be.
            package var after: String?
            /// The rules that would make the decision.
            package var rules: [String]
            /// In the last reply: how many requests were decided again.
            package var decided: Int?
            /// In the last reply: how many of them came out otherwise.
            package var changed: Int?
            /// In the last reply: of how many it cannot be told, since the records do not hold all that it depends on:
            /// something in them was cut or is of an older version, or what was used before is in records that were
            /// pruned.
            package var unclear: Int?

            package init(
                record: Int? = nil, before: String? = nil, after: String? = nil, rules: [String], decided: Int? = nil,
                changed: Int? = nil, unclear: Int? = nil
            ) {
                self.record = record
                self.before = before
                self.after = after
                self.rules = rules
                self.decided = decided
                self.changed = changed
                self.unclear = unclear
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var record: Int?
                var before: String?
                var after: String?
                var rules: [String]?
                var decided: Int?
                var changed: Int?
                var unclear: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "record": record = try reader.read()
                    case "before": before = try reader.read()
                    case "after": after = try reader.read()
                    case "rules": rules = try reader.read()
                    case "decided": decided = try reader.read()
                    case "changed": changed = try reader.read()
                    case "unclear": unclear = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.record = record
                self.before = before
                self.after = after
                self.rules = try reader.require(rules, "rules")
                self.decided = decided
                self.changed = changed
                self.unclear = unclear
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("record", record)
                writer.member("before", before)
                writer.member("after", after)
                writer.member("rules", rules)
                writer.member("decided", decided)
                writer.member("changed", changed)
                writer.member("unclear", unclear)
                writer.endObject()
            }
        }
    }
}

extension AdminInterface {
    /// Who can do something with a name, by the rules.
    package enum WhoCan: InterfaceMethod {
        package static let method = "io.vaultd.Admin.WhoCan"

        /// The parameters of `WhoCan`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The capability.
            package var name: String
            /// open unless something else is said.
            package var action: String?

            package init(name: String, action: String? = nil) {
                self.name = name
                self.action = action
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var name: String?
                var action: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "name": name = try reader.read()
                    case "action": action = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.name = try reader.require(name, "name")
                self.action = action
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("name", name)
                writer.member("action", action)
                writer.endObject()
            }
        }

        /// The reply of `WhoCan`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// One for each rule, and each principal that it names and that is not surely overruled.
            package var answers: [Answer]

            package init(answers: [Answer]) {
                self.answers = answers
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var answers: [Answer]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "answers": answers = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.answers = try reader.require(answers, "answers")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("answers", answers)
                writer.endObject()
            }
        }
    }
}

extension AdminInterface {
    /// What somebody can do, by the rules.
    package enum WhatCan: InterfaceMethod {
        package static let method = "io.vaultd.Admin.WhatCan"

        /// The parameters of `WhatCan`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// Who.
            package var subject: Subject

            package init(subject: Subject) {
                self.subject = subject
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var subject: Subject?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "subject": subject = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.subject = try reader.require(subject, "subject")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("subject", subject)
                writer.endObject()
            }
        }

        /// The reply of `WhatCan`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// One for each rule and name: what this caller can use, whomever else the rule names.
            package var answers: [Answer]

            package init(answers: [Answer]) {
                self.answers = answers
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var answers: [Answer]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "answers": answers = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.answers = try reader.require(answers, "answers")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("answers", answers)
                writer.endObject()
            }
        }
    }
}

extension AdminInterface {
    /// What a unit would get if its service manager asked now, by the names of its credentials and the rules. Of the
    /// process that asks, only the user and the unit are known here: a rule that asks for more is told as if it were
    /// not there.
    package enum Credentials: InterfaceMethod {
        package static let method = "io.vaultd.Admin.Credentials"

        /// The parameters of `Credentials`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The unit, such as nginx.service.
            package var unit: String

            package init(unit: String) {
                self.unit = unit
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var unit: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "unit": unit = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.unit = try reader.require(unit, "unit")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("unit", unit)
                writer.endObject()
            }
        }

        /// The reply of `Credentials`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// How credentials are called, such as services/{unit}/{credential}.
            package var names: String
            /// One for each capability with such a name, in the order of their names.
            package var credentials: [Credential]

            package init(names: String, credentials: [Credential]) {
                self.names = names
                self.credentials = credentials
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var names: String?
                var credentials: [Credential]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "names": names = try reader.read()
                    case "credentials": credentials = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.names = try reader.require(names, "names")
                self.credentials = try reader.require(credentials, "credentials")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("names", names)
                writer.member("credentials", credentials)
                writer.endObject()
            }
        }
    }
}

/// The errors of `io.vaultd.Admin`.
package enum AdminError: Error, Equatable, Sendable {
    /// The rule, the capability or the policy cannot be taken as it is, and nothing was changed.
    ///
    /// - Parameters:
    ///   - problems: What is wrong, where, and what to do about it.
    case policyRefused(problems: [AdminInterface.Problem])

    /// The error as it crosses the wire.
    package var varlinkError: VarlinkError {
        switch self {
        case .policyRefused(let problems):
            var parameters = JSONObject()
            parameters["problems"] = problems.jsonValue
            return VarlinkError(name: "io.vaultd.Admin.PolicyRefused", parameters: parameters)
        }
    }

    /// Reads an error that crossed the wire; `nil` if it is none of these, or lacks what it has to have.
    package init?(_ error: VarlinkError) {
        switch error.name {
        case "io.vaultd.Admin.PolicyRefused":
            guard let problems: [AdminInterface.Problem] = error.parameter("problems") else { return nil }
            self = .policyRefused(problems: problems)
        default: return nil
        }
    }
}

/// What serves `io.vaultd.Admin`: a requirement for each of its methods, so that the compiler says which one is not
/// served. ``AdminInterface/dispatch(_:to:in:)`` reads calls and calls it.
package protocol AdminService: Actor {
    /// What is known of a call beside its parameters: who calls, where the answer goes.
    associatedtype Context

    /// Add a rule.
    func grant(_ parameters: AdminInterface.Grant.Parameters, in context: Context) throws(VarlinkError)

    /// Take permits back: granted ones are removed, those of files suspended. Either rule, or pattern and from, is
    /// given.
    func revoke(_ parameters: AdminInterface.Revoke.Parameters, in context: Context) throws(VarlinkError)

    /// End the suspension of a rule.
    func resume(_ parameters: AdminInterface.Resume.Parameters, in context: Context) throws(VarlinkError)

    /// The rules that are stored. With more, in several replies.
    func rules(_ parameters: AdminInterface.Rules.Parameters, in context: Context) throws(VarlinkError)

    /// The revisions of the policy, the newest first. With more, in several replies.
    func revisions(_ parameters: AdminInterface.Revisions.Parameters, in context: Context) throws(VarlinkError)

    /// What differs between two revisions. Capabilities that were added by command belong to none.
    func compare(_ parameters: AdminInterface.Compare.Parameters, in context: Context) throws(VarlinkError)

    /// How a capability was declared.
    func declaration(_ parameters: AdminInterface.Declaration.Parameters, in context: Context) throws(VarlinkError)

    /// Make a new revision of what comes from files. Granted rules stay.
    func applyPolicy(_ parameters: AdminInterface.ApplyPolicy.Parameters, in context: Context) throws(VarlinkError)

    /// Add a capability.
    func addCapability(_ parameters: AdminInterface.AddCapability.Parameters, in context: Context) throws(VarlinkError)

    /// Remove a capability that was added. One of a policy file is removed there.
    func removeCapability(
        _ parameters: AdminInterface.RemoveCapability.Parameters, in context: Context
    ) throws(VarlinkError)

    /// The grants that are followed until they end: those of rules with lease or outstanding. With more, in several
    /// replies.
    func leases(_ parameters: AdminInterface.Leases.Parameters, in context: Context) throws(VarlinkError)

    /// Take the wall clock for right as it is. While it is behind what was recorded before, rules with times do not
    /// permit.
    func acceptClock(_ parameters: AdminInterface.AcceptClock.Parameters, in context: Context) throws(VarlinkError)

    /// How the vault is: what it holds, what failed, whether the audit log can be written.
    func status(_ parameters: AdminInterface.Status.Parameters, in context: Context) throws(VarlinkError)

    /// Read the directory of policy files again, and apply it if it has changed since it was applied last. Whatever
    /// else the rules rest on is looked at again too: the id that the name of a user or group has now, the table of a
    /// time zone; what differs is a new revision. What is held and stale by now is opened anew, but for a dry run.
    /// Refused files, and a directory that cannot be read, are PolicyRefused, and nothing changes.
    func reload(_ parameters: AdminInterface.Reload.Parameters, in context: Context) throws(VarlinkError)

    /// Says for each rule and selector what was wanted, what was found, and whether it matched.
    func explain(_ parameters: AdminInterface.Explain.Parameters, in context: Context) throws(VarlinkError)

    /// Decides recorded requests again with files that are not applied in place of those of then. All else is as it was
    /// at each request: the rules that were granted or suspended by command, the counters, the clock. With the files
    /// that decided, nothing comes out otherwise. With more: one reply for each that would, and a last one that counts
    /// them.
    func replay(_ parameters: AdminInterface.Replay.Parameters, in context: Context) throws(VarlinkError)

    /// Who can do something with a name, by the rules.
    func whoCan(_ parameters: AdminInterface.WhoCan.Parameters, in context: Context) throws(VarlinkError)

    /// What somebody can do, by the rules.
    func whatCan(_ parameters: AdminInterface.WhatCan.Parameters, in context: Context) throws(VarlinkError)

    /// What a unit would get if its service manager asked now, by the names of its credentials and the rules. Of the
    /// process that asks, only the user and the unit are known here: a rule that asks for more is told as if it were
    /// not there.
    func credentials(_ parameters: AdminInterface.Credentials.Parameters, in context: Context) throws(VarlinkError)
}

extension AdminInterface {
    /// Reads the parameters of a call, and has the service serve its method.
    ///
    /// - Returns: whether the interface has this method. If not, nothing was done.
    /// - Throws: `InvalidParameter` for parameters that are not as they are declared, and what the service throws.
    package static func dispatch<Service: AdminService>(
        _ call: borrowing VarlinkCall, to service: isolated Service, in context: Service.Context
    ) throws(VarlinkError) -> Bool {
        switch call.method {
        case Grant.method:
            try service.grant(try call.parameters(), in: context)
        case Revoke.method:
            try service.revoke(try call.parameters(), in: context)
        case Resume.method:
            try service.resume(try call.parameters(), in: context)
        case Rules.method:
            try service.rules(try call.parameters(), in: context)
        case Revisions.method:
            try service.revisions(try call.parameters(), in: context)
        case Compare.method:
            try service.compare(try call.parameters(), in: context)
        case Declaration.method:
            try service.declaration(try call.parameters(), in: context)
        case ApplyPolicy.method:
            try service.applyPolicy(try call.parameters(), in: context)
        case AddCapability.method:
            try service.addCapability(try call.parameters(), in: context)
        case RemoveCapability.method:
            try service.removeCapability(try call.parameters(), in: context)
        case Leases.method:
            try service.leases(try call.parameters(), in: context)
        case AcceptClock.method:
            try service.acceptClock(try call.parameters(), in: context)
        case Status.method:
            try service.status(try call.parameters(), in: context)
        case Reload.method:
            try service.reload(try call.parameters(), in: context)
        case Explain.method:
            try service.explain(try call.parameters(), in: context)
        case Replay.method:
            try service.replay(try call.parameters(), in: context)
        case WhoCan.method:
            try service.whoCan(try call.parameters(), in: context)
        case WhatCan.method:
            try service.whatCan(try call.parameters(), in: context)
        case Credentials.method:
            try service.credentials(try call.parameters(), in: context)
        default: return false
        }
        return true
    }
}
