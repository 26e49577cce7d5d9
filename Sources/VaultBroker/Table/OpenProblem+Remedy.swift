// SPDX-License-Identifier: Apache-2.0

import OpenerWire
import SystemPackage
import VaultCore
import VaultModel

extension OpenProblem {
    /// What an administrator can do about it: what `vault status` says behind `Try: `. Whatever it is, the capability is
    /// tried again when somebody asks for it.
    func remedy(for capability: Capability) -> String {
        let place = capability.source.place
        switch reason {
        case .outsideRoots:
            return "add the directory of \(place) to opener.roots in vaultd.yaml, and start the broker again"
        case .leavesRoot: return "readlink -f \(place), and name that path in the policy"
        case .linkOfOthers:
            return "readlink -f \(place), and name that path in the policy, or have root own the link and its directory"
        case .directoryOfOthers:
            return
                "namei -l \(place), and have root own each directory, or write writable-by-others: yes beside the path if who owns them may choose the file"
        case .rootUnusable: return "make that root, or correct opener.roots in vaultd.yaml, and start the broker again"
        case .protectedPlace: return "another path: what the broker itself keeps is never handed out"
        case .wrongKind, .notRegular, .notDirectory, .notCharacterDevice, .widening, .flagsRefused:
            return "stat \(place), and the kind that it has in the policy"
        case .timedOut, .noWorkerFree, .pathHangs, .mountHangs:
            return "stat \(place), which hangs too where the file system does not answer"
        case .userRefused: return "another user behind 'as:' in the policy; the opener must be root's to act for one"
        case .tooLarge: return "a smaller file, or the kind 'file'"
        case .rootIsLinked: return "the path that the link leads to in opener.roots of vaultd.yaml, and a restart"
        case .noOpenat2:
            return "Linux 5.14 or later, outside of a container whose filter hides openat2(2); of a unit, without"
                + " RestrictSUIDSGID= and with @file-system in SystemCallFilter="
        case .notSocket, .foreignSocket: return "ls -l \(place), and move away what lies there, or another path"
        case .pathNotText: return "a path without bytes that are no UTF-8"
        case .addressHeld:
            return "ss -lntup, which shows who has \(place), and end that; it is tried again by itself"
        case .addressTaken: return "ss -lxp, which shows who listens there"
        case .nameNotResolved, .noAddressAnswers:
            return "getent ahosts, with the name in \(place), on this machine; or a numeric address in the policy"
        case .helperNotAllowed: return "name the program in opener.helpers, and a user in opener.helper-user"
        case .helperFailed, .helperKilled, .helperTimedOut, .helperPassedNothing, .helperPassedTooMuch,
            .helperNotStarted:
            return "run the helper by hand with the same path, as opener.helper-user"
        case .openerGone: return "vault status, which says whether another comes by itself"
        case .tooManyRequests: return "the same in a moment"
        case .workerDied, .malformed, .unsendable, .answerMalformed: return "vaultd and vault-opener of one version"
        case .none, .foreignFileSystem: return remedyByErrno(place)
        }
    }

    private func remedyByErrno(_ place: String) -> String {
        switch errno {
        case .noSuchFileOrDirectory, .notDirectory: "make \(place), or correct the path in the policy"
        case .permissionDenied, .notPermitted: "ls -ld \(place), for who may open it; the opener has few privileges"
        case .addressInUse: "ss -lntup, which shows who has \(place)"
        case .addressNotAvailable: "ip address, which shows the addresses that this host has"
        case .noFunction:
            "Linux 5.14 or later without a filter (a container's, RestrictSUIDSGID=, SystemCallFilter=) that hides openat2(2)"
        case .connectionRefused, .networkUnreachable, .noRouteToHost:
            "ss -lntup or ss -lxp where \(place) is, for whether somebody listens there"
        case .noSpace: "df \(place)"
        case .tooManyOpenFiles, .tooManyOpenFilesInSystem: "a higher LimitNOFILE= in vaultd.service"
        default: "the same by hand at \(place), as root"
        }
    }
}

extension CapabilitySource {
    /// Where it lies, for a person.
    fileprivate var place: String {
        switch self {
        case .file(let path, _, _), .directory(let path), .device(let path), .fifo(let path, _),
            .memory(.file(let path)):
            path.text
        case .helper(_, let path): path
        case .memory(.credential(let name)): "the credential \(name) (LoadCredential= of vaultd.service)"
        case .listener(.tcp(let host, let port, _, _)), .listener(.udp(let host, let port, _)),
            .connection(.tcp(let host, let port)):
            host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .listener(.unix(let socket)): socket.path
        case .connection(.unix(let path, _, _)): path
        case .pipe: "the pipe"
        case .deposit: "what was deposited"
        }
    }
}
