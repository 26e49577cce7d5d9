// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSONText

/// What `vault-opener` was started with.
struct OpenerArguments: Equatable {
    /// Absolute, without `.`, `..` and needless slashes.
    var roots: [String] = []
    /// What is never opened, or never for writing, though it lies beneath a root.
    var protectedPaths: [ProtectedPath] = []
    var workers = 4
    var timeLimitMilliseconds = 5000
    /// The only programs that may be run as helpers.
    var helpers: [String] = []
    var helperUser: UserAndGroup?
    /// Whom helpers must not run as: the broker's user can read its signing key.
    var brokerUID: UInt32?
    /// Whose connection the socket must be, where it is one and no pair; it is told that the opener is there.
    var peerUID: UInt32?
    /// The descriptor of the socket to the asker.
    var socket: Int32 = 3

    /// A path of the broker's own.
    struct ProtectedPath: Equatable {
        /// Absolute.
        var path: String
        /// It may be read: the broker's configuration and policy, to write which is to have every right.
        var onlyFromWriting = false
        /// What is held of it, in a worker.
        var held: Held?

        /// The number of a descriptor (``HeldPlaces``).
        enum Held: Equatable {
            /// Of the directory that it is.
            case itself(Int32)
            /// Of the directory in which it lies.
            case parent(Int32)
        }
    }

    struct UserAndGroup: Equatable {
        let uid: UInt32
        let gid: UInt32
    }
}

/// What a process of this program is to be.
enum OpenerRole: Equatable {
    case help
    case supervisor
    /// Started by the supervisor.
    case worker(WorkerKind, parent: Int32)
    /// Started by a worker; becomes the helper.
    case launcher(HelperLaunch)
}

/// What a worker is kept for.
enum WorkerKind: String {
    case general
    /// Looks at processes, and is kept free for that.
    case inspector
}

/// The arguments of a launcher.
struct HelperLaunch: Equatable {
    let user: OpenerArguments.UserAndGroup
    let parent: Int32
    /// The program and its arguments.
    let command: [String]
}

/// Arguments that cannot be understood, with what to say about it.
struct UsageError: Error, Equatable {
    let message: String
}

extension OpenerArguments {
    /// Reads a command line without the program's name.
    static func parse(_ words: [String]) throws(UsageError) -> (role: OpenerRole, arguments: OpenerArguments) {
        var rest = words[...]
        var arguments = OpenerArguments()
        var role = OpenerRole.supervisor
        var parent: Int32 = 0
        while let word = rest.popFirst() {
            if word == "--help" || word == "-h" { return (.help, arguments) }
            guard let value = rest.popFirst() else { throw UsageError(message: "'\(word)' is unknown or has no value") }
            switch word {
            case "--root": arguments.roots.append(try path(value, of: word))
            case "--state", "--protect", "--protect-writing":
                arguments.protectedPaths.append(
                    ProtectedPath(
                        path: try absolutePath(value, of: word), onlyFromWriting: word == "--protect-writing"))
            case "--held", "--held-parent":
                guard let last = arguments.protectedPaths.indices.last else {
                    throw UsageError(message: "\(word) follows a protected path")
                }
                let descriptor = try number(value, of: word, in: 0...Int32.max)
                arguments.protectedPaths[last].held = word == "--held" ? .itself(descriptor) : .parent(descriptor)
            case "--workers": arguments.workers = try number(value, of: word, in: 1...64)
            case "--time-limit": arguments.timeLimitMilliseconds = try number(value, of: word, in: 1...3_600_000)
            case "--helper": arguments.helpers.append(try path(value, of: word))
            case "--helper-user": arguments.helperUser = try userAndGroup(value, of: word)
            case "--broker-user": arguments.brokerUID = try number(value, of: word, in: 0...UInt32.max - 1)
            case "--peer": arguments.peerUID = try number(value, of: word, in: 0...UInt32.max - 1)
            case "--socket": arguments.socket = try number(value, of: word, in: 0...Int32.max)
            case "--parent": parent = try number(value, of: word, in: 1...Int32.max)
            case "--worker":
                guard let kind = WorkerKind(rawValue: value) else {
                    throw UsageError(message: "no worker is '\(value)'")
                }
                role = .worker(kind, parent: parent)
            case "--launch":
                let user = try userAndGroup(value, of: word)
                guard !rest.isEmpty else { throw UsageError(message: "--launch needs a program") }
                return (.launcher(HelperLaunch(user: user, parent: parent, command: Array(rest))), arguments)
            default: throw UsageError(message: "'\(word)' is unknown")
            }
        }
        guard !arguments.roots.isEmpty else { throw UsageError(message: "at least one --root is needed") }
        return (role, arguments)
    }

    /// The same arguments for a worker.
    func words(for kind: WorkerKind, parent: Int32) -> [String] {
        var words = ["--parent", "\(parent)", "--worker", kind.rawValue, "--time-limit", "\(timeLimitMilliseconds)"]
        for root in roots { words += ["--root", root] }
        for path in protectedPaths {
            words += [path.onlyFromWriting ? "--protect-writing" : "--protect", path.path]
            switch path.held {
            case .itself(let number): words += ["--held", "\(number)"]
            case .parent(let number): words += ["--held-parent", "\(number)"]
            case nil: break
            }
        }
        for helper in helpers { words += ["--helper", helper] }
        if let helperUser { words += ["--helper-user", "\(helperUser.uid):\(helperUser.gid)"] }
        if let brokerUID { words += ["--broker-user", "\(brokerUID)"] }
        return words
    }

    /// - Throws: if helpers would run as somebody who can do more than a helper should.
    func checkHelperUser() throws(UsageError) {
        guard let helperUser else { return }
        guard ![0, brokerUID, geteuid()].contains(helperUser.uid) else {
            throw UsageError(message: "--helper-user: helpers must run as a user of their own, not as root or vaultd")
        }
    }

    /// With whatever components: the system resolves them.
    private static func absolutePath(_ text: String, of option: String) throws(UsageError) -> String {
        guard text.utf8.first == UInt8(ascii: "/"), !text.utf8.contains(0) else {
            throw UsageError(message: "\(option): '\(text)' is not an absolute path")
        }
        return text
    }

    private static func path(_ text: String, of option: String) throws(UsageError) -> String {
        let text = try absolutePath(text, of: option)
        let components = text.utf8.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
        guard !components.contains("."), !components.contains("..") else {
            throw UsageError(message: "\(option): '\(text)' must not contain '.' or '..'")
        }
        return "/" + components.joined(separator: "/")
    }

    private static func number<Value: FixedWidthInteger>(
        _ text: String, of option: String, in range: ClosedRange<Value>
    ) throws(UsageError) -> Value {
        guard let number = Value(text), range.contains(number) else {
            throw UsageError(
                message: "\(option): '\(text)' is not a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func userAndGroup(_ text: String, of option: String) throws(UsageError) -> UserAndGroup {
        let parts = text.split(at: ":", omittingEmpty: false)
        guard parts.count == 2, let uid = UInt32(parts[0]), let gid = UInt32(parts[1]), uid != UInt32.max,
            gid != UInt32.max
        else { throw UsageError(message: "\(option): '\(text)' is not UID:GID") }
        return UserAndGroup(uid: uid, gid: gid)
    }
}

/// What `--help` prints.
enum Usage {
    static let text = """
        Usage: vault-opener --root PATH... [OPTION]...

        Opens files and makes sockets for vaultd, beneath the given roots only, and keeps the privileges that it
        needs for that, so that vaultd can do without. vaultd starts it; it is of no use by itself. It is asked over
        the SOCK_SEQPACKET socket that it gets as descriptor 3, and ends when that is closed.

          --root PATH          open what lies beneath PATH; may be given several times
          --state DIR          never open what lies in DIR, the state of vaultd, even beneath a root
          --protect PATH       the same for another path, such as a socket of vaultd
          --protect-writing P  never write or make what lies at or in P: vaultd's configuration and policies
          --workers N          processes that open, besides one that only looks at processes (4)
          --time-limit MS      kill a worker that takes longer for one request, in milliseconds (5000)
          --helper PROGRAM     may be run as a helper; may be given several times
          --helper-user U:G    run helpers under these ids; needed for helpers
          --broker-user U      the uid of vaultd, under which no helper runs
          --peer U             the socket is a connection of uid U: refuse any other, and say when ready
          --socket N           the socket is descriptor N (3)
          --help               print this

        /proc, /sys and the like are never opened. As root it keeps CAP_DAC_OVERRIDE, CAP_KILL,
        CAP_NET_BIND_SERVICE, CAP_SETGID, CAP_SETUID and CAP_SYS_PTRACE, each only in the processes that need it.

        """
}
