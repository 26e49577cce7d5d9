// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// What the opener adds to an errno, where the errno alone would leave one guessing.
///
/// A reason keeps its number for ever.
package enum OpenerReason: UInt32, Sendable, CaseIterable {
    /// The system call said it: the errno is all there is to say.
    case none = 0
    /// No root of the opener lies above the path.
    case outsideRoots = 1
    /// A symbolic link or `..` in the path leads out of its root; an absolute link does so always.
    case leavesRoot = 2
    /// The root itself could not be opened; the errno says why.
    case rootUnusable = 3
    /// What was found is never opened: the broker's state or sockets, `/proc`, `/sys`; or not for writing: its
    /// configuration and its policies.
    case protectedPlace = 4
    /// A reopen asked for more than the descriptor that it came with has.
    case widening = 5
    /// The descriptor or the file is of a kind that this operation does not take.
    case wrongKind = 6
    /// open(2) flags that the opener does not pass on.
    case flagsRefused = 7
    /// The worker passed its time limit and was killed.
    case timedOut = 8
    /// No worker became free within the time limit.
    case noWorkerFree = 9
    /// A worker that was killed over this very path has not come back from it.
    case pathHangs = 10
    /// Too many workers have not come back from the file system on which this path lies.
    case mountHangs = 11
    /// The worker ended before it answered; detail: the signal that ended it, or 0.
    case workerDied = 12
    /// The message was not a request of this version of the opener.
    case malformed = 13
    /// Another user's name on the socket needs privileges that the opener does not have, or this user is refused.
    case userRefused = 14
    /// The file is larger than the capability allows.
    case tooLarge = 15
    /// A live socket is bound at the path.
    case addressTaken = 16
    /// The executable lies on a file system that somebody else serves, or that cannot be told.
    case foreignFileSystem = 17
    /// Something that is no socket lies where a socket is to be bound. It is never removed.
    case notSocket = 18
    /// The socket at the path is another user's, and is not removed.
    case foreignSocket = 19
    /// What is at the path is no regular file, and was not opened.
    case notRegular = 30
    /// Another internet socket has the address.
    case addressHeld = 31
    /// A link on the way to the file belongs to somebody who is neither root nor the opener's user, or lies where such may
    /// write: they would choose what is opened.
    case linkOfOthers = 32
    /// A directory on the way to the file belongs to somebody who is neither root nor the opener's user, or such may write
    /// there: they would choose what is opened. Detail: the uid that it belongs to.
    case directoryOfOthers = 33
    /// What is at the path is no directory, and was not opened.
    case notDirectory = 34
    /// What is at the path is no character device, and was not opened.
    case notCharacterDevice = 35
    /// The name of the host was not resolved; detail: why, as getaddrinfo(3) counts (`EAI_NONAME`), without its sign.
    case nameNotResolved = 36
    /// None of the addresses of a host's name could be connected to; the errno is that of the last. Detail: how many there are.
    case noAddressAnswers = 37
    /// The program is not one of `opener.helpers`, or no user was named to run helpers as.
    case helperNotAllowed = 20
    /// The helper ended with an exit status other than 0, which is the errno.
    case helperFailed = 21
    /// A signal ended the helper; detail: its number.
    case helperKilled = 22
    /// The helper had not ended within the time limit.
    case helperTimedOut = 23
    /// The helper ended well but passed no descriptor with a byte of data.
    case helperPassedNothing = 24
    /// The helper passed more than one descriptor.
    case helperPassedTooMuch = 25
    /// The helper could not be started; the errno says why.
    case helperNotStarted = 26
    /// openat2(2) is not there: the kernel is older than 5.6, or a filter of system calls answers `ENOSYS`.
    case noOpenat2 = 27
    /// The root is reached through a symbolic link.
    case rootIsLinked = 28
    /// The path that it leads to is not UTF-8, which a path of a socket has to be here.
    case pathNotText = 29
    /// Said by the client: the opener is gone.
    case openerGone = 40
    /// Said by the client: too many requests are waiting.
    case tooManyRequests = 41
    /// Said by the client: the request cannot be put into a message.
    case unsendable = 42
    /// Said by the client: the answer is not of the form that was asked for.
    case answerMalformed = 43

    /// One sentence for a person, without the errno's own text; nil when there is nothing to add.
    package var explanation: String? {
        switch self {
        case .none: nil
        case .outsideRoots: "the path lies beneath none of the opener's roots"
        case .leavesRoot:
            "a symbolic link or '..' in the path leads out of the opener's root; write the path that it leads to"
        case .rootUnusable: "the opener's root above the path cannot be opened"
        case .protectedPlace:
            "this is the broker's own state or socket, its configuration or policy to be written, or /proc or /sys"
        case .widening: "the descriptor does not have the access that was asked for"
        case .wrongKind: "the file is of another kind"
        case .flagsRefused: "open flags that the opener does not pass on"
        case .timedOut: "the open did not return within the opener's time limit"
        case .noWorkerFree: "all workers of the opener were busy until the time limit"
        case .pathHangs: "an earlier open of the same path still hangs"
        case .mountHangs: "too many opens hang on the file system of this path"
        case .workerDied: "the opener's worker ended before it answered"
        case .malformed: "the opener did not understand the request (is it of another version?)"
        case .userRefused: "the opener cannot act for that user"
        case .tooLarge: "the file is larger than a memory capability may be"
        case .foreignFileSystem: "the executable does not lie on a file system of this machine"
        case .notSocket: "something other than a socket lies at the path, and is not removed"
        case .foreignSocket: "a socket of another user lies at the path, and is not removed"
        case .notRegular: "what is at the path is no regular file"
        case .notDirectory: "what is at the path is no directory"
        case .notCharacterDevice: "what is at the path is no character device"
        case .addressHeld:
            "another socket has this address; a client that got the listener before the broker was started again keeps "
                + "the address until it ends"
        case .addressTaken:
            "another process listens at the path; a client that got the listener before the broker was started again "
                + "keeps it until it ends"
        case .nameNotResolved: "the name of the host was not resolved"
        case .noAddressAnswers: "none of the addresses of the host's name could be connected to"
        case .helperNotAllowed: "the program is not among opener.helpers, or there is no user to run it as"
        case .helperFailed: "the helper said so"
        case .helperKilled: "a signal ended the helper"
        case .helperTimedOut: "the helper did not end within the time limit"
        case .helperPassedNothing: "the helper passed no descriptor"
        case .helperPassedTooMuch: "the helper passed more than one descriptor"
        case .helperNotStarted: "the helper could not be started"
        case .noOpenat2:
            "openat2(2), without which nothing is opened, is not there: the kernel is older than 5.6, or a filter of"
                + " system calls answers ENOSYS (a container's seccomp profile, RestrictSUIDSGID= of systemd)"
        case .rootIsLinked:
            "the opener's root above the path is reached through a symbolic link; name in opener.roots where it leads"
        case .pathNotText: "the path that it leads to is not UTF-8"
        case .linkOfOthers:
            "a link in the path is not root's, or lies where others than root may write; name the path that it leads to"
        case .directoryOfOthers:
            "a directory on the way is not root's, or others than root may write there"
        case .openerGone: "the opener is gone"
        case .tooManyRequests: "too many requests wait for the opener"
        case .unsendable: "the request is too long, or holds a NUL"
        case .answerMalformed: "the opener's answer was not understood"
        }
    }
}

extension OpenerReason {
    /// Whether the explanation says all: with the errno's own text, such as "Invalid cross-device link", it would only
    /// be more puzzling.
    package var saysAll: Bool {
        switch self {
        case .outsideRoots, .leavesRoot, .rootIsLinked, .protectedPlace, .noOpenat2, .addressTaken, .notSocket,
            .foreignSocket, .pathNotText, .linkOfOthers, .directoryOfOthers, .nameNotResolved:
            true
        default: false
        }
    }
}

/// Why a request to the opener did not succeed: the operating system's own error, and what it means here.
package struct OpenerFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package var errno: Errno
    package var reason: OpenerReason
    /// A number that belongs to the reason (a signal), else 0.
    package var detail: UInt32

    package init(_ errno: Errno, _ reason: OpenerReason = .none, detail: UInt32 = 0) {
        self.errno = errno
        self.reason = reason
        self.detail = detail
    }

    package var description: String {
        guard let explanation = reason.explanation else { return "\(errno)" }
        if reason == .directoryOfOthers { return "\(explanation) (it belongs to uid \(detail))" }
        if reason == .nameNotResolved { return "\(explanation) (\(Self.resolverError(detail)))" }
        if reason == .noAddressAnswers {
            return
                "\(errno): the last of the host's \(detail) addresses, none of which could be connected to"
        }
        if reason == .helperKilled { return "\(explanation) (\(detail))" }
        return reason.saysAll ? explanation : "\(errno): \(explanation)"
    }

    /// What getaddrinfo(3) says, by its name and in words.
    private static func resolverError(_ detail: UInt32) -> String {
        switch detail {
        case 2: "EAI_NONAME: there is no such name"
        case 3: "EAI_AGAIN: no server answers just now"
        case 4: "EAI_FAIL: the server cannot answer"
        case 5: "EAI_NODATA: the name has no address"
        case 6: "EAI_FAMILY"
        case 8: "EAI_SERVICE"
        case 10: "EAI_MEMORY"
        case 11: "EAI_SYSTEM"
        default: "error \(detail) of getaddrinfo"
        }
    }
}
