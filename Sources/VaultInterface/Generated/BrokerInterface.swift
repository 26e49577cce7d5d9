// SPDX-License-Identifier: Apache-2.0
// Made by varlink-swift from io.vaultd.Broker.varlink. Change that file, and make this one again.

package import JSONText
package import Varlink

/// Ask the vault for open descriptors.
///
/// The vault holds descriptors under names. Who calls is told by the kernel, what a caller may have by stored rules,
/// and each grant is in the audit log before its descriptor leaves. Descriptors travel beside the message as
/// SCM_RIGHTS; a field whose name ends in FileDescriptor is an index into them, counted from 0. Times are microseconds
/// since 1970, UTC. The errors below serve the interfaces io.vaultd.Admin and io.vaultd.Audit too.
package enum BrokerInterface {
    /// The name of the interface.
    package static let name = "io.vaultd.Broker"

    /// The text of the interface file, as `GetInterfaceDescription` returns it.
    package static let description = #"""
        # SPDX-License-Identifier: Apache-2.0

        # Ask the vault for open descriptors.
        #
        # The vault holds descriptors under names. Who calls is told by the kernel, what a caller may have by stored rules, and
        # each grant is in the audit log before its descriptor leaves. Descriptors travel beside the message as SCM_RIGHTS; a
        # field whose name ends in FileDescriptor is an index into them, counted from 0. Times are microseconds since 1970,
        # UTC. The errors below serve the interfaces io.vaultd.Admin and io.vaultd.Audit too.
        interface io.vaultd.Broker

        # One capability that is asked for.
        type Request (
          # Its name, such as logs/web/access. Not a pattern.
          name: string,
          # The rights that are needed: read, write, append, or use where nothing can be narrowed. One that may not be had makes
          # the call fail. Without this field: as much as may be had.
          rights: ?[]string,
          # It is a deposit, and the caller wants it for itself. It goes when the caller says with Confirm that it has the
          # descriptor; until then others are told Busy. For whom rules permit to open and to remove it.
          take: ?bool
        )

        # Until when a grant holds, where it is followed: its rule limits the time, or how many are out. In any case it ends
        # with the process that got it, and by a revocation. What ends is the permission: a descriptor that is out stays with
        # whoever has it, unless its kind can be taken back.
        type Lease (
          # Names the lease in later calls.
          id: string,
          # When it ends, unless it is renewed. Without a value it ends when it is released, and as said above.
          expiresUSec: ?int,
          # Until when it can be renewed. Without a value it cannot.
          renewableUSec: ?int
        )

        # One capability that was granted.
        type Grant (
          # The name that was asked for.
          name: string,
          # Which of the descriptors that came with the reply it is.
          fileDescriptor: int,
          # The rights that the descriptor has.
          rights: []string,
          # What the descriptor is: file, directory, fifo, pipe, listener, connection, memory, device,
          # helper or deposit. A later version may know more.
          kind: string,
          # fresh: an open file description of its own. shared: one that others have too, or of a pipe
          # or FIFO one end. A later version may know more.
          delivery: string,
          # What a revocation does to a descriptor that is out. none: whoever has it keeps it. shutdown: the listening Unix
          # socket is shut down for all who have it. A later version may know more.
          revocation: string,
          # The number of the grant's record in the audit log, for which io.vaultd.Audit.Prove gives a receipt.
          record: int,
          # Until when the grant holds, where its rule says so. Of a deposit that is taken: what Confirm is to name, and until
          # when.
          lease: ?Lease,
          # Of a deposit: what the descriptor is, as in Capability.
          descriptor: ?string,
          # Of a deposit: the uid of who passed it in. Others whom rules let deposit the name could have.
          depositor: ?int,
          # Of a deposit: the name that its depositor gave it, for the program that gets it (LISTEN_FDNAMES).
          fdName: ?string
        )

        # One capability, as a listing shows it.
        type Capability (
          # Its name.
          name: string,
          # What it is: file, directory, fifo, pipe, listener, connection, memory, device,
          # helper or deposit. A later version may know more.
          kind: string,
          # The rights that it has. What the caller may have can be less.
          rights: []string,
          # opened: by the vault itself. deposited: by a client. A later version may know more.
          origin: string,
          # How it is handed out, as in Grant.
          delivery: string,
          # What a revocation does to a descriptor that is out, as in Grant.
          revocation: string,
          # ready, closed (it will be opened when it is asked for), opening, stale (its path names another file now, or what was
          # read into memory was written anew) or failed. Of a deposit: ready, taken (another is about to have it for itself) or
          # hung-up (its other end is closed).
          state: string,
          # Why it is not ready.
          problem: ?string,
          # Whether it is an internet socket: who has it has a way into the network in which it was made, since it can be
          # connected elsewhere.
          network: ?bool,
          # Of a deposit: what the descriptor is, such as regular-file, pipe, tcp-listener, unix-stream, eventfd or pidfd.
          descriptor: ?string,
          # Of a deposit: the uid of who passed it in.
          depositor: ?int,
          # Of a deposit: the name of that user.
          depositorName: ?string,
          # Of a deposit: when it was passed in.
          depositedUSec: ?int,
          # Of a deposit: when it goes by itself.
          expiresUSec: ?int,
          # Of a deposit: the name that its depositor gave it, for the program that gets it (LISTEN_FDNAMES).
          fdName: ?string
        )

        # One more descriptor of a Deposit.
        type Deposited (
          # As in Deposit.
          name: string,
          # As in Deposit.
          fileDescriptor: int,
          # As in Deposit.
          rights: ?[]string,
          # As in Deposit.
          replace: ?bool,
          # As in Deposit.
          expiresAfterUSec: ?int,
          # As in Deposit.
          fdName: ?string
        )

        # What became of a name.
        type Event (
          # stored: something was deposited. taken, removed, expired, revoked: it is not held any more; with lease, that is
          # over. added, removed: a capability. renewed: what it leads to was opened anew, or with lease, the lease. hang-up:
          # the other end of a deposit is closed. A later version may know more.
          type: string,
          # The name.
          name: string,
          # The number of the record in the audit log.
          record: int,
          # When it was.
          timeUSec: int,
          # Why, in the words of the record.
          why: ?string,
          # The lease that it is about.
          lease: ?string
        )

        # Who a caller is, in the words of the records: each fact has its value, or is named in none where it is known that
        # there is none, such as the unit of a process that no unit started, or in unknown with the reason why it is not known.
        type Identity (
          # The user that it runs as.
          uid: int,
          # The group that it runs as.
          gid: int,
          # Its supplementary groups.
          groups: []int,
          # The process that connected.
          pid: int,
          # How that process is told from a later one with the same pid: pidfd, or weak where that is not certain.
          pin: string,
          # The name of the user.
          user: ?string,
          # The inode number of its pidfd, which no other process has until the machine is started anew.
          pidfdInode: ?int,
          # The security label.
          label: ?string,
          # The control group's path.
          cgroup: ?string,
          # The systemd unit.
          unit: ?string,
          # Who logged in.
          loginuid: ?int,
          # The login session.
          session: ?int,
          # host, or the inode number of another pid namespace.
          namespace: ?string,
          # The program's path.
          exe: ?string,
          # The SHA-256 of the program, in lower-case hexadecimal digits.
          exeSha256: ?string,
          # The same, by the key that rules have for it.
          sha256: ?string,
          # The id of the container, as the control group tells it.
          container: ?string,
          # The uid of the Kubernetes pod, likewise.
          pod: ?string,
          # partial, where the ids are those of a user namespace that renumbers them: 65534 may be anybody.
          idMap: ?string,
          # The facts that are known not to be there, by their keys. They are null besides.
          none: []string,
          # Why a fact is not known, by its key.
          unknown: [string]string
        )

        # Ask for descriptors: all or none, all in one message, in the order of the requests. At most 253. A reason is required
        # by some rules, and lies in the audit log. With oneway nothing happens.
        method Open(
          # What is asked for.
          requests: []Request,
          # Why, in the caller's words.
          reason: ?string
        ) -> (
          # What was granted, in the order of the requests.
          grants: []Grant
        )

        # The capabilities that the caller may see, by name. With more, in several replies.
        method List(
          # Only names that match: * stands for one segment or a part of one, ** for any number of segments.
          pattern: ?string
        ) -> (
          # Those that match, in the order of their names.
          capabilities: []Capability
        )

        # One capability that the caller may see.
        method Describe(
          # Its name.
          name: string
        ) -> (
          # What is known of it.
          capability: Capability,
          # Whether rules let the caller watch it.
          mayWatch: ?bool
        )

        # Have the vault hold a descriptor, of any type, that comes with the message: whom rules permit gets the very same open
        # file description by Open. A descriptor with which somebody could do more than its holder may, or that could keep the
        # vault waiting, is InvalidDescriptor, unless a rule says otherwise. It is held when this is answered, until it is taken
        # or removed, or its time has come; also over a restart of the vault where the service manager keeps it, which it does
        # with most (a record says what was lost).
        method Deposit(
          # The name that it is to have. One that something else has is NameTaken.
          name: string,
          # Which of the descriptors that come with the message it is. Each of these has to be named, and only once.
          fileDescriptor: int,
          # What it carries, as the caller believes; where that is wrong the call fails. It is handed out as it is.
          rights: ?[]string,
          # Whether it takes the place of what is deposited under the name, by the caller's own user, or where a rule permits to
          # remove it.
          replace: ?bool,
          # After how long it goes by itself.
          expiresAfterUSec: ?int,
          # The name that it is to have with the program that gets it (LISTEN_FDNAMES): printable ASCII other than the colon.
          fdName: ?string,
          # More of them: all are held, or none.
          further: ?[]Deposited
        ) -> (
          # The number of the record in the audit log.
          record: int,
          # Those of all, in order.
          records: []int
        )

        # Say that a deposit that was taken has arrived: only now it is not held any more. Over the connection over which it
        # was taken, within 30 seconds.
        method Confirm(
          # The id of the lease that came with it.
          lease: string
        ) -> ()

        # Say what has arrived of what was sent over this connection: the log tells it from what was sent only. Mostly with
        # oneway, together with the next call. It changes nothing else, and is believed of what was sent over this connection,
        # once; of what is confirmed it need not be said. After some thousand grants of which nothing was said the oldest are
        # forgotten.
        method Received(
          # The numbers of the records (Grant.record) whose descriptors have arrived.
          records: []int,
          # Those whose descriptors did not come with their message (MSG_CTRUNC): a security module may keep a process from
          # receiving one, and the kernel delivers none of a message behind that. Both together at most 1280.
          missing: ?[]int
        ) -> ()

        # What becomes of names that rules let the caller watch, as it is recorded; only with more, until the connection ends.
        # What a rule permits is looked at for each event.
        method Watch(
          # Only names that match: * stands for one segment or a part of one, ** for any number of segments.
          pattern: ?string,
          # Where an earlier reply ended: all that has been recorded since comes first. Without it only what is new.
          cursor: ?string
        ) -> (
          # What was recorded, the oldest first. None: in the first reply, and where the rules may permit to watch other names
          # than before.
          events: []Event,
          # Where to go on behind these.
          cursor: string
        )

        # Remove what was added or deposited under a name, for whom a rule permits to remove it, or to administer. A capability
        # of a policy file is removed there.
        method Remove(
          # Its name.
          name: string
        ) -> (
          # The number of the record in the audit log.
          record: int
        )

        # Open anew what is held of a file, or read it anew into memory, for whom a rule permits to renew it, or to administer.
        # Who asks for it from here on gets that; who watches it is told, also if it is what it was.
        method RenewCapability(
          # Its name.
          name: string,
          # Why, for the audit log.
          reason: ?string
        ) -> (
          # The number of the record in the audit log, which names the grants that have what was before.
          record: int
        )

        # Who the caller is, as the vault sees it: every fact that rules select on or records tell, read for this answer. What a
        # connection began with decides: a fact that nothing asked for then is unknown to the rules.
        method WhoAmI() -> (
          # The caller.
          identity: Identity
        )

        # Whether the rules permit something to the caller, as of now. Nothing is opened, used up or recorded. For a name of
        # which nothing is permitted the answer is the same whether it exists or not; one that is permitted and not there is
        # NotFound.
        method CanI(
          # open, list, deposit, remove, renew, watch, audit or admin.
          action: string,
          # Of which name; none for audit and admin.
          name: ?string,
          # With which rights: that all of them may be had. Without it: as much as may be had.
          rights: ?[]string
        ) -> (
          # Whether.
          permitted: bool,
          # To open: the rights that would be granted.
          rights: []string,
          # Whether a reason has to be given.
          needsReason: bool
        )

        # Extend a lease by as long as its rule says, as far as it can be renewed. Only for the process that got it. What was
        # permitted then must be permitted still.
        method Renew(
          # The lease's id.
          lease: string
        ) -> (
          # The lease as it is now.
          lease: Lease
        )

        # Give a lease back: the caller has closed the descriptor, and it counts as outstanding no longer. Only for the process
        # that got it.
        method Release(
          # The lease's id.
          lease: string
        ) -> ()

        # The rules do not permit it. For a caller who may not see the name the answer is the same whether it exists or not.
        error Denied (
          # What was asked for.
          name: string,
          # The number of the denial's record in the audit log, if it has one of its own.
          record: ?int,
          # What the caller may know about it.
          message: string,
          # For a caller who may see the name, where a rate is used up: in how long there is room again, if nobody else takes
          # it.
          retryAfterUSec: ?int
        )

        # There is no capability, rule or record of this name.
        error NotFound (
          # The name.
          name: string
        )

        # There is one of this name already.
        error NameTaken (
          # The name.
          name: string
        )

        # What came with the message is not what can be deposited.
        error InvalidDescriptor (
          # For which name it came.
          name: string,
          # What is wrong with it, and what to do.
          message: string
        )

        # There is no such lease, or another process got it.
        error NotHeld (
          # The lease's id.
          lease: string
        )

        # It was permitted, and the operating system refused.
        error OpenFailed (
          # What was asked for.
          name: string,
          # The error's number, as the operating system of the vault counts.
          errno: int,
          # The error's name, such as ENOENT.
          errorName: string,
          # The number of the failure's record in the audit log.
          record: ?int
        )

        # The caller has used up something that is limited.
        error QuotaExceeded (
          # What is limited, in the words of the configuration.
          limit: string,
          # In how long the same call can succeed, where that is known.
          retryAfterUSec: ?int
        )

        # The audit log cannot be written, so nothing is granted.
        error AuditUnavailable (
          # Why, as far as the caller may know.
          message: string
        )

        # The vault cannot do it just now. The same call can succeed later.
        error Busy ()

        """#
}

extension BrokerInterface {
    /// One capability that is asked for.
    package struct Request: JSONReadable, JSONWritable, Equatable, Sendable {
        /// Its name, such as logs/web/access. Not a pattern.
        package var name: String
        /// The rights that are needed: read, write, append, or use where nothing can be narrowed. One that may not be
        /// had makes the call fail. Without this field: as much as may be had.
        package var rights: [String]?
        /// It is a deposit, and the caller wants it for itself. It goes when the caller says with Confirm that it has
        /// the descriptor; until then others are told Busy. For whom rules permit to open and to remove it.
        package var take: Bool?

        package init(name: String, rights: [String]? = nil, take: Bool? = nil) {
            self.name = name
            self.rights = rights
            self.take = take
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var name: String?
            var rights: [String]?
            var take: Bool?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "name": name = try reader.read()
                case "rights": rights = try reader.read()
                case "take": take = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.name = try reader.require(name, "name")
            self.rights = rights
            self.take = take
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("name", name)
            writer.member("rights", rights)
            writer.member("take", take)
            writer.endObject()
        }
    }
}

extension BrokerInterface {
    /// Until when a grant holds, where it is followed: its rule limits the time, or how many are out. In any case it
    /// ends with the process that got it, and by a revocation. What ends is the permission: a descriptor that is out
    /// stays with whoever has it, unless its kind can be taken back.
    package struct Lease: JSONReadable, JSONWritable, Equatable, Sendable {
        /// Names the lease in later calls.
        package var id: String
        /// When it ends, unless it is renewed. Without a value it ends when it is released, and as said above.
        package var expiresUSec: Int?
        /// Until when it can be renewed. Without a value it cannot.
        package var renewableUSec: Int?

        package init(id: String, expiresUSec: Int? = nil, renewableUSec: Int? = nil) {
            self.id = id
            self.expiresUSec = expiresUSec
            self.renewableUSec = renewableUSec
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var id: String?
            var expiresUSec: Int?
            var renewableUSec: Int?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "id": id = try reader.read()
                case "expiresUSec": expiresUSec = try reader.read()
                case "renewableUSec": renewableUSec = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.id = try reader.require(id, "id")
            self.expiresUSec = expiresUSec
            self.renewableUSec = renewableUSec
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("id", id)
            writer.member("expiresUSec", expiresUSec)
            writer.member("renewableUSec", renewableUSec)
            writer.endObject()
        }
    }
}

extension BrokerInterface {
    /// One capability that was granted.
    package struct Grant: JSONReadable, JSONWritable, Equatable, Sendable {
        /// The name that was asked for.
        package var name: String
        /// Which of the descriptors that came with the reply it is.
        package var fileDescriptor: Int
        /// The rights that the descriptor has.
        package var rights: [String]
        /// What the descriptor is: file, directory, fifo, pipe, listener, connection, memory, device,
        /// helper or deposit. A later version may know more.
        package var kind: String
        /// fresh: an open file description of its own. shared: one that others have too, or of a pipe
        /// or FIFO one end. A later version may know more.
        package var delivery: String
        /// What a revocation does to a descriptor that is out. none: whoever has it keeps it. shutdown: the listening
        /// Unix socket is shut down for all who have it. A later version may know more.
        package var revocation: String
        /// The number of the grant's record in the audit log, for which io.vaultd.Audit.Prove gives a receipt.
        package var record: Int
        /// Until when the grant holds, where its rule says so. Of a deposit that is taken: what Confirm is to name, and
        /// until when.
        package var lease: Lease?
        /// Of a deposit: what the descriptor is, as in Capability.
        package var descriptor: String?
        /// Of a deposit: the uid of who passed it in. Others whom rules let deposit the name could have.
        package var depositor: Int?
        /// Of a deposit: the name that its depositor gave it, for the program that gets it (LISTEN_FDNAMES).
        package var fdName: String?

        package init(
            name: String, fileDescriptor: Int, rights: [String], kind: String, delivery: String, revocation: String,
            record: Int, lease: Lease? = nil, descriptor: String? = nil, depositor: Int? = nil, fdName: String? = nil
        ) {
            self.name = name
            self.fileDescriptor = fileDescriptor
            self.rights = rights
            self.kind = kind
            self.delivery = delivery
            self.revocation = revocation
            self.record = record
            self.lease = lease
            self.descriptor = descriptor
            self.depositor = depositor
            self.fdName = fdName
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var name: String?
            var fileDescriptor: Int?
            var rights: [String]?
            var kind: String?
            var delivery: String?
            var revocation: String?
            var record: Int?
            var lease: Lease?
            var descriptor: String?
            var depositor: Int?
            var fdName: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "name": name = try reader.read()
                case "fileDescriptor": fileDescriptor = try reader.read()
                case "rights": rights = try reader.read()
                case "kind": kind = try reader.read()
                case "delivery": delivery = try reader.read()
                case "revocation": revocation = try reader.read()
                case "record": record = try reader.read()
                case "lease": lease = try reader.read()
                case "descriptor": descriptor = try reader.read()
                case "depositor": depositor = try reader.read()
                case "fdName": fdName = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.name = try reader.require(name, "name")
            self.fileDescriptor = try reader.require(fileDescriptor, "fileDescriptor")
            self.rights = try reader.require(rights, "rights")
            self.kind = try reader.require(kind, "kind")
            self.delivery = try reader.require(delivery, "delivery")
            self.revocation = try reader.require(revocation, "revocation")
            self.record = try reader.require(record, "record")
            self.lease = lease
            self.descriptor = descriptor
            self.depositor = depositor
            self.fdName = fdName
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("name", name)
            writer.member("fileDescriptor", fileDescriptor)
            writer.member("rights", rights)
            writer.member("kind", kind)
            writer.member("delivery", delivery)
            writer.member("revocation", revocation)
            writer.member("record", record)
            writer.member("lease", lease)
            writer.member("descriptor", descriptor)
            writer.member("depositor", depositor)
            writer.member("fdName", fdName)
            writer.endObject()
        }
    }
}

extension BrokerInterface {
    /// One capability, as a listing shows it.
    package struct Capability: JSONReadable, JSONWritable, Equatable, Sendable {
        /// Its name.
        package var name: String
        /// What it is: file, directory, fifo, pipe, listener, connection, memory, device,
        /// helper or deposit. A later version may know more.
        package var kind: String
        /// The rights that it has. What the caller may have can be less.
        package var rights: [String]
        /// opened: by the vault itself. deposited: by a client. A later version may know more.
        package var origin: String
        /// How it is handed out, as in Grant.
        package var delivery: String
        /// What a revocation does to a descriptor that is out, as in Grant.
        package var revocation: String
        /// ready, closed (it will be opened when it is asked for), opening, stale (its path names another file now, or
        /// what was read into memory was written anew) or failed. Of a deposit: ready, taken (another is about to have
        /// it for itself) or hung-up (its other end is closed).
        package var state: String
        /// Why it is not ready.
        package var problem: String?
        /// Whether it is an internet socket: who has it has a way into the network in which it was made, since it can
        /// be connected elsewhere.
        package var network: Bool?
        /// Of a deposit: what the descriptor is, such as regular-file, pipe, tcp-listener, unix-stream, eventfd or
        /// pidfd.
        package var descriptor: String?
        /// Of a deposit: the uid of who passed it in.
        package var depositor: Int?
        /// Of a deposit: the name of that user.
        package var depositorName: String?
        /// Of a deposit: when it was passed in.
        package var depositedUSec: Int?
        /// Of a deposit: when it goes by itself.
        package var expiresUSec: Int?
        /// Of a deposit: the name that its depositor gave it, for the program that gets it (LISTEN_FDNAMES).
        package var fdName: String?

        package init(
            name: String, kind: String, rights: [String], origin: String, delivery: String, revocation: String,
            state: String, problem: String? = nil, network: Bool? = nil, descriptor: String? = nil,
            depositor: Int? = nil, depositorName: String? = nil, depositedUSec: Int? = nil, expiresUSec: Int? = nil,
            fdName: String? = nil
        ) {
            self.name = name
            self.kind = kind
            self.rights = rights
            self.origin = origin
            self.delivery = delivery
            self.revocation = revocation
            self.state = state
            self.problem = problem
            self.network = network
            self.descriptor = descriptor
            self.depositor = depositor
            self.depositorName = depositorName
            self.depositedUSec = depositedUSec
            self.expiresUSec = expiresUSec
            self.fdName = fdName
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var name: String?
            var kind: String?
            var rights: [String]?
            var origin: String?
            var delivery: String?
            var revocation: String?
            var state: String?
            var problem: String?
            var network: Bool?
            var descriptor: String?
            var depositor: Int?
            var depositorName: String?
            var depositedUSec: Int?
            var expiresUSec: Int?
            var fdName: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "name": name = try reader.read()
                case "kind": kind = try reader.read()
                case "rights": rights = try reader.read()
                case "origin": origin = try reader.read()
                case "delivery": delivery = try reader.read()
                case "revocation": revocation = try reader.read()
                case "state": state = try reader.read()
                case "problem": problem = try reader.read()
                case "network": network = try reader.read()
                case "descriptor": descriptor = try reader.read()
                case "depositor": depositor = try reader.read()
                case "depositorName": depositorName = try reader.read()
                case "depositedUSec": depositedUSec = try reader.read()
                case "expiresUSec": expiresUSec = try reader.read()
                case "fdName": fdName = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.name = try reader.require(name, "name")
            self.kind = try reader.require(kind, "kind")
            self.rights = try reader.require(rights, "rights")
            self.origin = try reader.require(origin, "origin")
            self.delivery = try reader.require(delivery, "delivery")
            self.revocation = try reader.require(revocation, "revocation")
            self.state = try reader.require(state, "state")
            self.problem = problem
            self.network = network
            self.descriptor = descriptor
            self.depositor = depositor
            self.depositorName = depositorName
            self.depositedUSec = depositedUSec
            self.expiresUSec = expiresUSec
            self.fdName = fdName
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("name", name)
            writer.member("kind", kind)
            writer.member("rights", rights)
            writer.member("origin", origin)
            writer.member("delivery", delivery)
            writer.member("revocation", revocation)
            writer.member("state", state)
            writer.member("problem", problem)
            writer.member("network", network)
            writer.member("descriptor", descriptor)
            writer.member("depositor", depositor)
            writer.member("depositorName", depositorName)
            writer.member("depositedUSec", depositedUSec)
            writer.member("expiresUSec", expiresUSec)
            writer.member("fdName", fdName)
            writer.endObject()
        }
    }
}

extension BrokerInterface {
    /// One more descriptor of a Deposit.
    package struct Deposited: JSONReadable, JSONWritable, Equatable, Sendable {
        /// As in Deposit.
        package var name: String
        /// As in Deposit.
        package var fileDescriptor: Int
        /// As in Deposit.
        package var rights: [String]?
        /// As in Deposit.
        package var replace: Bool?
        /// As in Deposit.
        package var expiresAfterUSec: Int?
        /// As in Deposit.
        package var fdName: String?

        package init(
            name: String, fileDescriptor: Int, rights: [String]? = nil, replace: Bool? = nil,
            expiresAfterUSec: Int? = nil, fdName: String? = nil
        ) {
            self.name = name
            self.fileDescriptor = fileDescriptor
            self.rights = rights
            self.replace = replace
            self.expiresAfterUSec = expiresAfterUSec
            self.fdName = fdName
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var name: String?
            var fileDescriptor: Int?
            var rights: [String]?
            var replace: Bool?
            var expiresAfterUSec: Int?
            var fdName: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "name": name = try reader.read()
                case "fileDescriptor": fileDescriptor = try reader.read()
                case "rights": rights = try reader.read()
                case "replace": replace = try reader.read()
                case "expiresAfterUSec": expiresAfterUSec = try reader.read()
                case "fdName": fdName = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.name = try reader.require(name, "name")
            self.fileDescriptor = try reader.require(fileDescriptor, "fileDescriptor")
            self.rights = rights
            self.replace = replace
            self.expiresAfterUSec = expiresAfterUSec
            self.fdName = fdName
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("name", name)
            writer.member("fileDescriptor", fileDescriptor)
            writer.member("rights", rights)
            writer.member("replace", replace)
            writer.member("expiresAfterUSec", expiresAfterUSec)
            writer.member("fdName", fdName)
            writer.endObject()
        }
    }
}

extension BrokerInterface {
    /// What became of a name.
    package struct Event: JSONReadable, JSONWritable, Equatable, Sendable {
        /// stored: something was deposited. taken, removed, expired, revoked: it is not held any more; with lease, that
        /// is over. added, removed: a capability. renewed: what it leads to was opened anew, or with lease, the lease.
        /// hang-up: the other end of a deposit is closed. A later version may know more.
        package var type: String
        /// The name.
        package var name: String
        /// The number of the record in the audit log.
        package var record: Int
        /// When it was.
        package var timeUSec: Int
        /// Why, in the words of the record.
        package var why: String?
        /// The lease that it is about.
        package var lease: String?

        package init(type: String, name: String, record: Int, timeUSec: Int, why: String? = nil, lease: String? = nil) {
            self.type = type
            self.name = name
            self.record = record
            self.timeUSec = timeUSec
            self.why = why
            self.lease = lease
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var type: String?
            var name: String?
            var record: Int?
            var timeUSec: Int?
            var why: String?
            var lease: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "type": type = try reader.read()
                case "name": name = try reader.read()
                case "record": record = try reader.read()
                case "timeUSec": timeUSec = try reader.read()
                case "why": why = try reader.read()
                case "lease": lease = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.type = try reader.require(type, "type")
            self.name = try reader.require(name, "name")
            self.record = try reader.require(record, "record")
            self.timeUSec = try reader.require(timeUSec, "timeUSec")
            self.why = why
            self.lease = lease
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("type", type)
            writer.member("name", name)
            writer.member("record", record)
            writer.member("timeUSec", timeUSec)
            writer.member("why", why)
            writer.member("lease", lease)
            writer.endObject()
        }
    }
}

extension BrokerInterface {
    /// Who a caller is, in the words of the records: each fact has its value, or is named in none where it is known
    /// that there is none, such as the unit of a process that no unit started, or in unknown with the reason why it is
    /// not known.
    package struct Identity: JSONReadable, JSONWritable, Equatable, Sendable {
        /// The user that it runs as.
        package var uid: Int
        /// The group that it runs as.
        package var gid: Int
        /// Its supplementary groups.
        package var groups: [Int]
        /// The process that connected.
        package var pid: Int
        /// How that process is told from a later one with the same pid: pidfd, or weak where that is not certain.
        package var pin: String
        /// The name of the user.
        package var user: String?
        /// The inode number of its pidfd, which no other process has until the machine is started anew.
        package var pidfdInode: Int?
        /// The security label.
        package var label: String?
        /// The control group's path.
        package var cgroup: String?
        /// The systemd unit.
        package var unit: String?
        /// Who logged in.
        package var loginuid: Int?
        /// The login session.
        package var session: Int?
        /// host, or the inode number of another pid namespace.
        package var namespace: String?
        /// The program's path.
        package var exe: String?
        /// The SHA-256 of the program, in lower-case hexadecimal digits.
        package var exeSha256: String?
        /// The same, by the key that rules have for it.
        package var sha256: String?
        /// The id of the container, as the control group tells it.
        package var container: String?
        /// The uid of the Kubernetes pod, likewise.
        package var pod: String?
        /// partial, where the ids are those of a user namespace that renumbers them: 65534 may be anybody.
        package var idMap: String?
        /// The facts that are known not to be there, by their keys. They are null besides.
        package var none: [String]
        /// Why a fact is not known, by its key.
        package var unknown: [String: String]

        package init(
            uid: Int, gid: Int, groups: [Int], pid: Int, pin: String, user: String? = nil, pidfdInode: Int? = nil,
            label: String? = nil, cgroup: String? = nil, unit: String? = nil, loginuid: Int? = nil, session: Int? = nil,
            namespace: String? = nil, exe: String? = nil, exeSha256: String? = nil, sha256: String? = nil,
            container: String? = nil, pod: String? = nil, idMap: String? = nil, none: [String],
            unknown: [String: String]
        ) {
            self.uid = uid
            self.gid = gid
            self.groups = groups
            self.pid = pid
            self.pin = pin
            self.user = user
            self.pidfdInode = pidfdInode
            self.label = label
            self.cgroup = cgroup
            self.unit = unit
            self.loginuid = loginuid
            self.session = session
            self.namespace = namespace
            self.exe = exe
            self.exeSha256 = exeSha256
            self.sha256 = sha256
            self.container = container
            self.pod = pod
            self.idMap = idMap
            self.none = none
            self.unknown = unknown
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var uid: Int?
            var gid: Int?
            var groups: [Int]?
            var pid: Int?
            var pin: String?
            var user: String?
            var pidfdInode: Int?
            var label: String?
            var cgroup: String?
            var unit: String?
            var loginuid: Int?
            var session: Int?
            var namespace: String?
            var exe: String?
            var exeSha256: String?
            var sha256: String?
            var container: String?
            var pod: String?
            var idMap: String?
            var none: [String]?
            var unknown: [String: String]?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "uid": uid = try reader.read()
                case "gid": gid = try reader.read()
                case "groups": groups = try reader.read()
                case "pid": pid = try reader.read()
                case "pin": pin = try reader.read()
                case "user": user = try reader.read()
                case "pidfdInode": pidfdInode = try reader.read()
                case "label": label = try reader.read()
                case "cgroup": cgroup = try reader.read()
                case "unit": unit = try reader.read()
                case "loginuid": loginuid = try reader.read()
                case "session": session = try reader.read()
                case "namespace": namespace = try reader.read()
                case "exe": exe = try reader.read()
                case "exeSha256": exeSha256 = try reader.read()
                case "sha256": sha256 = try reader.read()
                case "container": container = try reader.read()
                case "pod": pod = try reader.read()
                case "idMap": idMap = try reader.read()
                case "none": none = try reader.read()
                case "unknown": unknown = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.uid = try reader.require(uid, "uid")
            self.gid = try reader.require(gid, "gid")
            self.groups = try reader.require(groups, "groups")
            self.pid = try reader.require(pid, "pid")
            self.pin = try reader.require(pin, "pin")
            self.user = user
            self.pidfdInode = pidfdInode
            self.label = label
            self.cgroup = cgroup
            self.unit = unit
            self.loginuid = loginuid
            self.session = session
            self.namespace = namespace
            self.exe = exe
            self.exeSha256 = exeSha256
            self.sha256 = sha256
            self.container = container
            self.pod = pod
            self.idMap = idMap
            self.none = try reader.require(none, "none")
            self.unknown = try reader.require(unknown, "unknown")
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("uid", uid)
            writer.member("gid", gid)
            writer.member("groups", groups)
            writer.member("pid", pid)
            writer.member("pin", pin)
            writer.member("user", user)
            writer.member("pidfdInode", pidfdInode)
            writer.member("label", label)
            writer.member("cgroup", cgroup)
            writer.member("unit", unit)
            writer.member("loginuid", loginuid)
            writer.member("session", session)
            writer.member("namespace", namespace)
            writer.member("exe", exe)
            writer.member("exeSha256", exeSha256)
            writer.member("sha256", sha256)
            writer.member("container", container)
            writer.member("pod", pod)
            writer.member("idMap", idMap)
            writer.member("none", none)
            writer.member("unknown", unknown)
            writer.endObject()
        }
    }
}

extension BrokerInterface {
    /// Ask for descriptors: all or none, all in one message, in the order of the requests. At most 253. A reason is
    /// required by some rules, and lies in the audit log. With oneway nothing happens.
    package enum Open: InterfaceMethod {
        package static let method = "io.vaultd.Broker.Open"

        /// The parameters of `Open`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// What is asked for.
            package var requests: [Request]
            /// Why, in the caller's words.
            package var reason: String?

            package init(requests: [Request], reason: String? = nil) {
                self.requests = requests
                self.reason = reason
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var requests: [Request]?
                var reason: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "requests": requests = try reader.read()
                    case "reason": reason = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.requests = try reader.require(requests, "requests")
                self.reason = reason
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("requests", requests)
                writer.member("reason", reason)
                writer.endObject()
            }
        }

        /// The reply of `Open`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// What was granted, in the order of the requests.
            package var grants: [Grant]

            package init(grants: [Grant]) {
                self.grants = grants
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var grants: [Grant]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "grants": grants = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.grants = try reader.require(grants, "grants")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("grants", grants)
                writer.endObject()
            }
        }
    }
}

extension BrokerInterface {
    /// The capabilities that the caller may see, by name. With more, in several replies.
    package enum List: InterfaceMethod {
        package static let method = "io.vaultd.Broker.List"

        /// The parameters of `List`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// Only names that match: * stands for one segment or a part of one, ** for any number of segments.
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

        /// The reply of `List`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// Those that match, in the order of their names.
            package var capabilities: [Capability]

            package init(capabilities: [Capability]) {
                self.capabilities = capabilities
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var capabilities: [Capability]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "capabilities": capabilities = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.capabilities = try reader.require(capabilities, "capabilities")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("capabilities", capabilities)
                writer.endObject()
            }
        }
    }
}

extension BrokerInterface {
    /// One capability that the caller may see.
    package enum Describe: InterfaceMethod {
        package static let method = "io.vaultd.Broker.Describe"

        /// The parameters of `Describe`.
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

        /// The reply of `Describe`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// What is known of it.
            package var capability: Capability
            /// Whether rules let the caller watch it.
            package var mayWatch: Bool?

            package init(capability: Capability, mayWatch: Bool? = nil) {
                self.capability = capability
                self.mayWatch = mayWatch
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var capability: Capability?
                var mayWatch: Bool?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "capability": capability = try reader.read()
                    case "mayWatch": mayWatch = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.capability = try reader.require(capability, "capability")
                self.mayWatch = mayWatch
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("capability", capability)
                writer.member("mayWatch", mayWatch)
                writer.endObject()
            }
        }
    }
}

extension BrokerInterface {
    /// Have the vault hold a descriptor, of any type, that comes with the message: whom rules permit gets the very same
    /// open file description by Open. A descriptor with which somebody could do more than its holder may, or that could
    /// keep the vault waiting, is InvalidDescriptor, unless a rule says otherwise. It is held when this is answered,
    /// until it is taken or removed, or its time has come; also over a restart of the vault where the service manager
    /// keeps it, which it does with most (a record says what was lost).
    package enum Deposit: InterfaceMethod {
        package static let method = "io.vaultd.Broker.Deposit"

        /// The parameters of `Deposit`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The name that it is to have. One that something else has is NameTaken.
            package var name: String
            /// Which of the descriptors that come with the message it is. Each of these has to be named, and only once.
            package var fileDescriptor: Int
            /// What it carries, as the caller believes; where that is wrong the call fails. It is handed out as it is.
            package var rights: [String]?
            /// Whether it takes the place of what is deposited under the name, by the caller's own user, or where a
            /// rule permits to remove it.
            package var replace: Bool?
            /// After how long it goes by itself.
            package var expiresAfterUSec: Int?
            /// The name that it is to have with the program that gets it (LISTEN_FDNAMES): printable ASCII other than
            /// the colon.
            package var fdName: String?
            /// More of them: all are held, or none.
            package var further: [Deposited]?

            package init(
                name: String, fileDescriptor: Int, rights: [String]? = nil, replace: Bool? = nil,
                expiresAfterUSec: Int? = nil, fdName: String? = nil, further: [Deposited]? = nil
            ) {
                self.name = name
                self.fileDescriptor = fileDescriptor
                self.rights = rights
                self.replace = replace
                self.expiresAfterUSec = expiresAfterUSec
                self.fdName = fdName
                self.further = further
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var name: String?
                var fileDescriptor: Int?
                var rights: [String]?
                var replace: Bool?
                var expiresAfterUSec: Int?
                var fdName: String?
                var further: [Deposited]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "name": name = try reader.read()
                    case "fileDescriptor": fileDescriptor = try reader.read()
                    case "rights": rights = try reader.read()
                    case "replace": replace = try reader.read()
                    case "expiresAfterUSec": expiresAfterUSec = try reader.read()
                    case "fdName": fdName = try reader.read()
                    case "further": further = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.name = try reader.require(name, "name")
                self.fileDescriptor = try reader.require(fileDescriptor, "fileDescriptor")
                self.rights = rights
                self.replace = replace
                self.expiresAfterUSec = expiresAfterUSec
                self.fdName = fdName
                self.further = further
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("name", name)
                writer.member("fileDescriptor", fileDescriptor)
                writer.member("rights", rights)
                writer.member("replace", replace)
                writer.member("expiresAfterUSec", expiresAfterUSec)
                writer.member("fdName", fdName)
                writer.member("further", further)
                writer.endObject()
            }
        }

        /// The reply of `Deposit`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The number of the record in the audit log.
            package var record: Int
            /// Those of all, in order.
            package var records: [Int]

            package init(record: Int, records: [Int]) {
                self.record = record
                self.records = records
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var record: Int?
                var records: [Int]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "record": record = try reader.read()
                    case "records": records = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.record = try reader.require(record, "record")
                self.records = try reader.require(records, "records")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("record", record)
                writer.member("records", records)
                writer.endObject()
            }
        }
    }
}

extension BrokerInterface {
    /// Say that a deposit that was taken has arrived: only now it is not held any more. Over the connection over which
    /// it was taken, within 30 seconds.
    package enum Confirm: InterfaceMethod {
        package static let method = "io.vaultd.Broker.Confirm"

        /// The parameters of `Confirm`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The id of the lease that came with it.
            package var lease: String

            package init(lease: String) {
                self.lease = lease
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var lease: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "lease": lease = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.lease = try reader.require(lease, "lease")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("lease", lease)
                writer.endObject()
            }
        }

        /// The reply of `Confirm`.
        package typealias Reply = EmptyMessage
    }
}

extension BrokerInterface {
    /// Say what has arrived of what was sent over this connection: the log tells it from what was sent only. Mostly
    /// with oneway, together with the next call. It changes nothing else, and is believed of what was sent over this
    /// connection, once; of what is confirmed it need not be said. After some thousand grants of which nothing was said
    /// the oldest are forgotten.
    package enum Received: InterfaceMethod {
        package static let method = "io.vaultd.Broker.Received"

        /// The parameters of `Received`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The numbers of the records (Grant.record) whose descriptors have arrived.
            package var records: [Int]
            /// Those whose descriptors did not come with their message (MSG_CTRUNC): a security module may keep a
            /// process from receiving one, and the kernel delivers none of a message behind that. Both together at most
            /// 1280.
            package var missing: [Int]?

            package init(records: [Int], missing: [Int]? = nil) {
                self.records = records
                self.missing = missing
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var records: [Int]?
                var missing: [Int]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "records": records = try reader.read()
                    case "missing": missing = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.records = try reader.require(records, "records")
                self.missing = missing
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("records", records)
                writer.member("missing", missing)
                writer.endObject()
            }
        }

        /// The reply of `Received`.
        package typealias Reply = EmptyMessage
    }
}

extension BrokerInterface {
    /// What becomes of names that rules let the caller watch, as it is recorded; only with more, until the connection
    /// ends. What a rule permits is looked at for each event.
    package enum Watch: InterfaceMethod {
        package static let method = "io.vaultd.Broker.Watch"

        /// The parameters of `Watch`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// Only names that match: * stands for one segment or a part of one, ** for any number of segments.
            package var pattern: String?
            /// Where an earlier reply ended: all that has been recorded since comes first. Without it only what is new.
            package var cursor: String?

            package init(pattern: String? = nil, cursor: String? = nil) {
                self.pattern = pattern
                self.cursor = cursor
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var pattern: String?
                var cursor: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "pattern": pattern = try reader.read()
                    case "cursor": cursor = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.pattern = pattern
                self.cursor = cursor
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("pattern", pattern)
                writer.member("cursor", cursor)
                writer.endObject()
            }
        }

        /// The reply of `Watch`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// What was recorded, the oldest first. None: in the first reply, and where the rules may permit to watch
            /// other names than before.
            package var events: [Event]
            /// Where to go on behind these.
            package var cursor: String

            package init(events: [Event], cursor: String) {
                self.events = events
                self.cursor = cursor
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var events: [Event]?
                var cursor: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "events": events = try reader.read()
                    case "cursor": cursor = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.events = try reader.require(events, "events")
                self.cursor = try reader.require(cursor, "cursor")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("events", events)
                writer.member("cursor", cursor)
                writer.endObject()
            }
        }
    }
}

extension BrokerInterface {
    /// Remove what was added or deposited under a name, for whom a rule permits to remove it, or to administer. A
    /// capability of a policy file is removed there.
    package enum Remove: InterfaceMethod {
        package static let method = "io.vaultd.Broker.Remove"

        /// The parameters of `Remove`.
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

        /// The reply of `Remove`.
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

extension BrokerInterface {
    /// Open anew what is held of a file, or read it anew into memory, for whom a rule permits to renew it, or to
    /// administer. Who asks for it from here on gets that; who watches it is told, also if it is what it was.
    package enum RenewCapability: InterfaceMethod {
        package static let method = "io.vaultd.Broker.RenewCapability"

        /// The parameters of `RenewCapability`.
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

        /// The reply of `RenewCapability`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The number of the record in the audit log, which names the grants that have what was before.
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

extension BrokerInterface {
    /// Who the caller is, as the vault sees it: every fact that rules select on or records tell, read for this answer.
    /// What a connection began with decides: a fact that nothing asked for then is unknown to the rules.
    package enum WhoAmI: InterfaceMethod {
        package static let method = "io.vaultd.Broker.WhoAmI"

        /// The parameters of `WhoAmI`.
        package typealias Parameters = EmptyMessage

        /// The reply of `WhoAmI`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The caller.
            package var identity: Identity

            package init(identity: Identity) {
                self.identity = identity
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var identity: Identity?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "identity": identity = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.identity = try reader.require(identity, "identity")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("identity", identity)
                writer.endObject()
            }
        }
    }
}

extension BrokerInterface {
    /// Whether the rules permit something to the caller, as of now. Nothing is opened, used up or recorded. For a name
    /// of which nothing is permitted the answer is the same whether it exists or not; one that is permitted and not
    /// there is NotFound.
    package enum CanI: InterfaceMethod {
        package static let method = "io.vaultd.Broker.CanI"

        /// The parameters of `CanI`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// open, list, deposit, remove, renew, watch, audit or admin.
            package var action: String
            /// Of which name; none for audit and admin.
            package var name: String?
            /// With which rights: that all of them may be had. Without it: as much as may be had.
            package var rights: [String]?

            package init(action: String, name: String? = nil, rights: [String]? = nil) {
                self.action = action
                self.name = name
                self.rights = rights
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var action: String?
                var name: String?
                var rights: [String]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "action": action = try reader.read()
                    case "name": name = try reader.read()
                    case "rights": rights = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.action = try reader.require(action, "action")
                self.name = name
                self.rights = rights
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("action", action)
                writer.member("name", name)
                writer.member("rights", rights)
                writer.endObject()
            }
        }

        /// The reply of `CanI`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// Whether.
            package var permitted: Bool
            /// To open: the rights that would be granted.
            package var rights: [String]
            /// Whether a reason has to be given.
            package var needsReason: Bool

            package init(permitted: Bool, rights: [String], needsReason: Bool) {
                self.permitted = permitted
                self.rights = rights
                self.needsReason = needsReason
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var permitted: Bool?
                var rights: [String]?
                var needsReason: Bool?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "permitted": permitted = try reader.read()
                    case "rights": rights = try reader.read()
                    case "needsReason": needsReason = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.permitted = try reader.require(permitted, "permitted")
                self.rights = try reader.require(rights, "rights")
                self.needsReason = try reader.require(needsReason, "needsReason")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("permitted", permitted)
                writer.member("rights", rights)
                writer.member("needsReason", needsReason)
                writer.endObject()
            }
        }
    }
}

extension BrokerInterface {
    /// Extend a lease by as long as its rule says, as far as it can be renewed. Only for the process that got it. What
    /// was permitted then must be permitted still.
    package enum Renew: InterfaceMethod {
        package static let method = "io.vaultd.Broker.Renew"

        /// The parameters of `Renew`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The lease's id.
            package var lease: String

            package init(lease: String) {
                self.lease = lease
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var lease: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "lease": lease = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.lease = try reader.require(lease, "lease")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("lease", lease)
                writer.endObject()
            }
        }

        /// The reply of `Renew`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The lease as it is now.
            package var lease: Lease

            package init(lease: Lease) {
                self.lease = lease
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var lease: Lease?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "lease": lease = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.lease = try reader.require(lease, "lease")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("lease", lease)
                writer.endObject()
            }
        }
    }
}

extension BrokerInterface {
    /// Give a lease back: the caller has closed the descriptor, and it counts as outstanding no longer. Only for the
    /// process that got it.
    package enum Release: InterfaceMethod {
        package static let method = "io.vaultd.Broker.Release"

        /// The parameters of `Release`.
        package struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The lease's id.
            package var lease: String

            package init(lease: String) {
                self.lease = lease
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var lease: String?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "lease": lease = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.lease = try reader.require(lease, "lease")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("lease", lease)
                writer.endObject()
            }
        }

        /// The reply of `Release`.
        package typealias Reply = EmptyMessage
    }
}

/// The errors of `io.vaultd.Broker`.
package enum BrokerError: Error, Equatable, Sendable {
    /// The rules do not permit it. For a caller who may not see the name the answer is the same whether it exists or
    /// not.
    ///
    /// - Parameters:
    ///   - name: What was asked for.
    ///   - record: The number of the denial's record in the audit log, if it has one of its own.
    ///   - message: What the caller may know about it.
    ///   - retryAfterUSec: For a caller who may see the name, where a rate is used up: in how long there is room again,
    ///     if nobody else takes it.
    case denied(name: String, record: Int? = nil, message: String, retryAfterUSec: Int? = nil)
    /// There is no capability, rule or record of this name.
    ///
    /// - Parameters:
    ///   - name: The name.
    case notFound(name: String)
    /// There is one of this name already.
    ///
    /// - Parameters:
    ///   - name: The name.
    case nameTaken(name: String)
    /// What came with the message is not what can be deposited.
    ///
    /// - Parameters:
    ///   - name: For which name it came.
    ///   - message: What is wrong with it, and what to do.
    case invalidDescriptor(name: String, message: String)
    /// There is no such lease, or another process got it.
    ///
    /// - Parameters:
    ///   - lease: The lease's id.
    case notHeld(lease: String)
    /// It was permitted, and the operating system refused.
    ///
    /// - Parameters:
    ///   - name: What was asked for.
    ///   - errno: The error's number, as the operating system of the vault counts.
    ///   - errorName: The error's name, such as ENOENT.
    ///   - record: The number of the failure's record in the audit log.
    case openFailed(name: String, errno: Int, errorName: String, record: Int? = nil)
    /// The caller has used up something that is limited.
    ///
    /// - Parameters:
    ///   - limit: What is limited, in the words of the configuration.
    ///   - retryAfterUSec: In how long the same call can succeed, where that is known.
    case quotaExceeded(limit: String, retryAfterUSec: Int? = nil)
    /// The audit log cannot be written, so nothing is granted.
    ///
    /// - Parameters:
    ///   - message: Why, as far as the caller may know.
    case auditUnavailable(message: String)
    /// The vault cannot do it just now. The same call can succeed later.
    case busy

    /// The error as it crosses the wire.
    package var varlinkError: VarlinkError {
        switch self {
        case .denied(let name, let record, let message, let retryAfterUSec):
            var parameters = JSONObject()
            parameters["name"] = name.jsonValue
            parameters["record"] = record?.jsonValue
            parameters["message"] = message.jsonValue
            parameters["retryAfterUSec"] = retryAfterUSec?.jsonValue
            return VarlinkError(name: "io.vaultd.Broker.Denied", parameters: parameters)
        case .notFound(let name):
            var parameters = JSONObject()
            parameters["name"] = name.jsonValue
            return VarlinkError(name: "io.vaultd.Broker.NotFound", parameters: parameters)
        case .nameTaken(let name):
            var parameters = JSONObject()
            parameters["name"] = name.jsonValue
            return VarlinkError(name: "io.vaultd.Broker.NameTaken", parameters: parameters)
        case .invalidDescriptor(let name, let message):
            var parameters = JSONObject()
            parameters["name"] = name.jsonValue
            parameters["message"] = message.jsonValue
            return VarlinkError(name: "io.vaultd.Broker.InvalidDescriptor", parameters: parameters)
        case .notHeld(let lease):
            var parameters = JSONObject()
            parameters["lease"] = lease.jsonValue
            return VarlinkError(name: "io.vaultd.Broker.NotHeld", parameters: parameters)
        case .openFailed(let name, let errno, let errorName, let record):
            var parameters = JSONObject()
            parameters["name"] = name.jsonValue
            parameters["errno"] = errno.jsonValue
            parameters["errorName"] = errorName.jsonValue
            parameters["record"] = record?.jsonValue
            return VarlinkError(name: "io.vaultd.Broker.OpenFailed", parameters: parameters)
        case .quotaExceeded(let limit, let retryAfterUSec):
            var parameters = JSONObject()
            parameters["limit"] = limit.jsonValue
            parameters["retryAfterUSec"] = retryAfterUSec?.jsonValue
            return VarlinkError(name: "io.vaultd.Broker.QuotaExceeded", parameters: parameters)
        case .auditUnavailable(let message):
            var parameters = JSONObject()
            parameters["message"] = message.jsonValue
            return VarlinkError(name: "io.vaultd.Broker.AuditUnavailable", parameters: parameters)
        case .busy: return VarlinkError(name: "io.vaultd.Broker.Busy")
        }
    }

    /// Reads an error that crossed the wire; `nil` if it is none of these, or lacks what it has to have.
    package init?(_ error: VarlinkError) {
        switch error.name {
        case "io.vaultd.Broker.Denied":
            guard let name: String = error.parameter("name") else { return nil }
            guard let message: String = error.parameter("message") else { return nil }
            self = .denied(
                name: name, record: error.parameter("record"), message: message,
                retryAfterUSec: error.parameter("retryAfterUSec"))
        case "io.vaultd.Broker.NotFound":
            guard let name: String = error.parameter("name") else { return nil }
            self = .notFound(name: name)
        case "io.vaultd.Broker.NameTaken":
            guard let name: String = error.parameter("name") else { return nil }
            self = .nameTaken(name: name)
        case "io.vaultd.Broker.InvalidDescriptor":
            guard let name: String = error.parameter("name") else { return nil }
            guard let message: String = error.parameter("message") else { return nil }
            self = .invalidDescriptor(name: name, message: message)
        case "io.vaultd.Broker.NotHeld":
            guard let lease: String = error.parameter("lease") else { return nil }
            self = .notHeld(lease: lease)
        case "io.vaultd.Broker.OpenFailed":
            guard let name: String = error.parameter("name") else { return nil }
            guard let errno: Int = error.parameter("errno") else { return nil }
            guard let errorName: String = error.parameter("errorName") else { return nil }
            self = .openFailed(name: name, errno: errno, errorName: errorName, record: error.parameter("record"))
        case "io.vaultd.Broker.QuotaExceeded":
            guard let limit: String = error.parameter("limit") else { return nil }
            self = .quotaExceeded(limit: limit, retryAfterUSec: error.parameter("retryAfterUSec"))
        case "io.vaultd.Broker.AuditUnavailable":
            guard let message: String = error.parameter("message") else { return nil }
            self = .auditUnavailable(message: message)
        case "io.vaultd.Broker.Busy":
            self = .busy
        default: return nil
        }
    }
}

/// What serves `io.vaultd.Broker`: a requirement for each of its methods, so that the compiler says which one is not
/// served. ``BrokerInterface/dispatch(_:to:in:)`` reads calls and calls it.
package protocol BrokerService: Actor {
    /// What is known of a call beside its parameters: who calls, where the answer goes.
    associatedtype Context

    /// Ask for descriptors: all or none, all in one message, in the order of the requests. At most 253. A reason is
    /// required by some rules, and lies in the audit log. With oneway nothing happens.
    func open(_ parameters: BrokerInterface.Open.Parameters, in context: Context) throws(VarlinkError)

    /// The capabilities that the caller may see, by name. With more, in several replies.
    func list(_ parameters: BrokerInterface.List.Parameters, in context: Context) throws(VarlinkError)

    /// One capability that the caller may see.
    func describe(_ parameters: BrokerInterface.Describe.Parameters, in context: Context) throws(VarlinkError)

    /// Have the vault hold a descriptor, of any type, that comes with the message: whom rules permit gets the very same
    /// open file description by Open. A descriptor with which somebody could do more than its holder may, or that could
    /// keep the vault waiting, is InvalidDescriptor, unless a rule says otherwise. It is held when this is answered,
    /// until it is taken or removed, or its time has come; also over a restart of the vault where the service manager
    /// keeps it, which it does with most (a record says what was lost).
    func deposit(_ parameters: BrokerInterface.Deposit.Parameters, in context: Context) throws(VarlinkError)

    /// Say that a deposit that was taken has arrived: only now it is not held any more. Over the connection over which
    /// it was taken, within 30 seconds.
    func confirm(_ parameters: BrokerInterface.Confirm.Parameters, in context: Context) throws(VarlinkError)

    /// Say what has arrived of what was sent over this connection: the log tells it from what was sent only. Mostly
    /// with oneway, together with the next call. It changes nothing else, and is believed of what was sent over this
    /// connection, once; of what is confirmed it need not be said. After some thousand grants of which nothing was said
    /// the oldest are forgotten.
    func received(_ parameters: BrokerInterface.Received.Parameters, in context: Context) throws(VarlinkError)

    /// What becomes of names that rules let the caller watch, as it is recorded; only with more, until the connection
    /// ends. What a rule permits is looked at for each event.
    func watch(_ parameters: BrokerInterface.Watch.Parameters, in context: Context) throws(VarlinkError)

    /// Remove what was added or deposited under a name, for whom a rule permits to remove it, or to administer. A
    /// capability of a policy file is removed there.
    func remove(_ parameters: BrokerInterface.Remove.Parameters, in context: Context) throws(VarlinkError)

    /// Open anew what is held of a file, or read it anew into memory, for whom a rule permits to renew it, or to
    /// administer. Who asks for it from here on gets that; who watches it is told, also if it is what it was.
    func renewCapability(
        _ parameters: BrokerInterface.RenewCapability.Parameters, in context: Context
    ) throws(VarlinkError)

    /// Who the caller is, as the vault sees it: every fact that rules select on or records tell, read for this answer.
    /// What a connection began with decides: a fact that nothing asked for then is unknown to the rules.
    func whoAmI(_ parameters: BrokerInterface.WhoAmI.Parameters, in context: Context) throws(VarlinkError)

    /// Whether the rules permit something to the caller, as of now. Nothing is opened, used up or recorded. For a name
    /// of which nothing is permitted the answer is the same whether it exists or not; one that is permitted and not
    /// there is NotFound.
    func canI(_ parameters: BrokerInterface.CanI.Parameters, in context: Context) throws(VarlinkError)

    /// Extend a lease by as long as its rule says, as far as it can be renewed. Only for the process that got it. What
    /// was permitted then must be permitted still.
    func renew(_ parameters: BrokerInterface.Renew.Parameters, in context: Context) throws(VarlinkError)

    /// Give a lease back: the caller has closed the descriptor, and it counts as outstanding no longer. Only for the
    /// process that got it.
    func release(_ parameters: BrokerInterface.Release.Parameters, in context: Context) throws(VarlinkError)
}

extension BrokerInterface {
    /// Reads the parameters of a call, and has the service serve its method.
    ///
    /// - Returns: whether the interface has this method. If not, nothing was done.
    /// - Throws: `InvalidParameter` for parameters that are not as they are declared, and what the service throws.
    package static func dispatch<Service: BrokerService>(
        _ call: borrowing VarlinkCall, to service: isolated Service, in context: Service.Context
    ) throws(VarlinkError) -> Bool {
        switch call.method {
        case Open.method:
            try service.open(try call.parameters(), in: context)
        case List.method:
            try service.list(try call.parameters(), in: context)
        case Describe.method:
            try service.describe(try call.parameters(), in: context)
        case Deposit.method:
            try service.deposit(try call.parameters(), in: context)
        case Confirm.method:
            try service.confirm(try call.parameters(), in: context)
        case Received.method:
            try service.received(try call.parameters(), in: context)
        case Watch.method:
            try service.watch(try call.parameters(), in: context)
        case Remove.method:
            try service.remove(try call.parameters(), in: context)
        case RenewCapability.method:
            try service.renewCapability(try call.parameters(), in: context)
        case WhoAmI.method:
            try service.whoAmI(try call.parameters(), in: context)
        case CanI.method:
            try service.canI(try call.parameters(), in: context)
        case Renew.method:
            try service.renew(try call.parameters(), in: context)
        case Release.method:
            try service.release(try call.parameters(), in: context)
        default: return false
        }
        return true
    }
}
