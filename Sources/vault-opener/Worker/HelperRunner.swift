// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import OpenerWire
import SystemPackage

/// Runs a helper: `PROGRAM <socket> <path> <mode>`, as the book's `my_open` does.
///
/// The helper passes what it opened over the socket, with at least one byte of data, and ends. An exit status other
/// than 0 is the errno. It runs as a user of its own, in a session of its own, without privileges and without a way to
/// gain any, and is killed when its time is over.
struct HelperRunner {
    let arguments: OpenerArguments

    /// The number that the socket has in the helper.
    static let socketNumber: CInt = 3
    /// Where the launcher says why the helper could not be started; closed when it has been.
    static let reportNumber: CInt = 4

    func run(_ request: HelperRun) throws(OpenerFailure) -> HeldDescriptor {
        guard let user = arguments.helperUser, let program = request.program.first,
            arguments.helpers.contains(where: { Self.isSame($0, program) })
        else { throw OpenerFailure(.notPermitted, .helperNotAllowed) }
        Self.reapFormerHelpers()
        var conversation = try start(request, as: user)
        let deadline = SystemClock.bootTimeUSec() + Int64(arguments.timeLimitMilliseconds) * 1000
        let status = try conversation.waitForEnd(until: deadline)
        return try conversation.judge(status)
    }

    /// Component by component and byte by byte, so that slashes count for nothing and names of one text are told apart.
    private static func isSame(_ allowed: String, _ program: String) -> Bool {
        func components(_ path: String) -> [[UInt8]] {
            path.utf8.split(separator: UInt8(ascii: "/")).map { Array($0) }.filter { $0 != [UInt8(ascii: ".")] }
        }
        return program.utf8.first == UInt8(ascii: "/") && components(allowed) == components(program)
    }

    /// A helper that was killed may take a while to die; no other child of this process is left when this is called.
    private static func reapFormerHelpers() {
        while waitpid(-1, nil, WNOHANG) > 0 {}
    }

    private func start(
        _ request: HelperRun, as user: OpenerArguments.UserAndGroup
    ) throws(OpenerFailure) -> HelperConversation {
        do throws(Errno) {
            let sockets = try MessageSocket.pair(.stream)
            let report = try OwnedDescriptor.pipe(nonBlocking: true)
            let nothing = HeldDescriptor(try OwnedDescriptor.open("/dev/null", flags: O_RDWR))
            let command = request.program + ["\(Self.socketNumber)", request.path, "\(request.flags)"]
            let child = try ChildProcess.spawn(
                "/proc/self/exe",
                arguments: ["vault-opener", "--parent", "\(getpid())", "--launch", "\(user.uid):\(user.gid)"] + command,
                environment: ["PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"],
                passing: [
                    (nothing, 0), (nothing, 1), (HeldDescriptor(sockets.second), Self.socketNumber),
                    (HeldDescriptor(report.writer), Self.reportNumber),
                ],
                directory: "/", newSession: true)
            return HelperConversation(
                child: child, socket: HeldDescriptor(sockets.first), report: report.reader)
        } catch {
            throw OpenerFailure(error, .helperNotStarted)
        }
    }
}
