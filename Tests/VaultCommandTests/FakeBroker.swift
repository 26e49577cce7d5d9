// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import Synchronization
import SystemPackage
import VaultTestKit

/// A broker that says what a test wants said, so that a command can be run as a binary against every answer. It speaks
/// just enough Varlink: one connection after the other, one call after the other.
final class FakeBroker: Sendable {
    /// A call that came in.
    struct Call: Equatable {
        let method: String
        let parameters: JSONValue
        let more: Bool
    }

    /// What it answers: replies, the last one ending the call, with descriptors beside the first; or an error.
    struct Answer {
        var replies: [JSONValue] = []
        var error: (name: String, parameters: JSONValue)?
        /// Paths whose files are opened with these flags and passed.
        var passing: [(path: FilePath, flags: CInt)] = []
        /// A pipe's reader, filled with this, is passed after the files.
        var pipe: String?
        var hangsUp = false

        static func reply(_ replies: JSONValue...) -> Answer { Answer(replies: replies) }
        static func error(_ name: String, _ parameters: JSONValue = [:]) -> Answer {
            Answer(error: (name, parameters))
        }
        static let hangUp = Answer(hangsUp: true)
    }

    let directory: TemporaryDirectory
    private let listener: HeldDescriptor
    private let seen = CallLog()

    var path: FilePath { directory.path("vault.sock") }
    var calls: [Call] { seen.calls.withLock { $0 } }
    /// Those that want no answer.
    var told: [Call] { seen.told.withLock { $0 } }

    init(_ answer: @escaping @Sendable (Call) -> Answer) throws {
        directory = try TemporaryDirectory(mode: 0o755)
        listener = HeldDescriptor(
            try UnixSocket.listen(at: .path(directory.path("vault.sock")), mode: 0o666, nonBlocking: false))
        startThread { [listener, seen] in
            while let socket = try? UnixSocket.accept(on: listener, nonBlocking: false) {
                try? Self.serve(socket, seen, answer)
            }
        }
    }

    deinit {
        // Ends the thread's accept(2), and with it the thread.
        try? UnixSocket.shutDown(listener)
    }

    /// `vault ARGUMENTS…` against this broker.
    func vault(_ arguments: String..., environment: [String] = []) async throws -> CommandResult {
        try await command(arguments, environment: environment).run()
    }

    func command(_ arguments: [String], environment: [String] = []) -> Command {
        var command = Command(BuiltProgram.path("vault"), arguments: arguments)
        let others = ChildProcess.currentEnvironment.filter {
            !["VAULT_SOCKET", "NO_COLOR", "LISTEN_", "VAULT_PAGER", "PAGER", "LESS", "TERM=", "COLUMNS", "LINES"]
                .contains(where: $0.hasPrefix)
        }
        command.environment = others + ["VAULT_SOCKET=\(path)"] + environment
        command.directory = directory.path
        return command
    }

    private static func serve(
        _ socket: borrowing OwnedDescriptor, _ seen: CallLog, _ answer: (Call) -> Answer
    ) throws {
        var bytes: [UInt8] = []
        while true {
            guard let end = bytes.firstIndex(of: 0) else {
                let chunk = try withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { buffer in
                    let count = try socket.read(into: buffer)
                    return Array(buffer[..<count])
                }
                if chunk.isEmpty { return }
                bytes += chunk
                continue
            }
            let message = try JSONValue(parsing: Array(bytes[..<end]))
            bytes.removeSubrange(...end)
            let call = Call(
                method: message["method"]?.string ?? "", parameters: message["parameters"] ?? [:],
                more: message["more"]?.bool ?? false)
            if message["oneway"]?.bool == true {
                seen.told.withLock { $0.append(call) }
                continue
            }
            seen.calls.withLock { $0.append(call) }
            guard try send(answer(call), on: socket) else { return }
        }
    }

    private static func send(_ answer: Answer, on socket: borrowing OwnedDescriptor) throws -> Bool {
        if answer.hangsUp { return false }
        if let error = answer.error {
            try write(["error": .string(error.name), "parameters": error.parameters], passing: [], on: socket)
            return true
        }
        var passing = try answer.passing.map { HeldDescriptor(try OwnedDescriptor.open($0.path, flags: $0.flags)) }
        if let text = answer.pipe {
            let pipe = try OwnedDescriptor.pipe()
            try pipe.writer.writeAll(Array(text.utf8).span)
            passing.append(HeldDescriptor(pipe.reader))
        }
        for (index, reply) in answer.replies.enumerated() {
            var message: JSONObject = ["parameters": reply]
            if index < answer.replies.count - 1 { message["continues"] = true }
            try write(.object(message), passing: index == 0 ? passing : [], on: socket)
        }
        return true
    }

    private static func write(_ message: JSONValue, passing: [HeldDescriptor], on socket: borrowing OwnedDescriptor)
        throws
    {
        let bytes = message.jsonBytes() + [0]
        var sent = 0
        while sent < bytes.count {
            sent += try MessageSocket.send(
                bytes.span.extracting(sent...), passing: sent == 0 ? passing : [], on: socket)
        }
    }
}

/// What was called so far.
private final class CallLog: Sendable {
    let calls = Mutex<[FakeBroker.Call]>([])
    let told = Mutex<[FakeBroker.Call]>([])
}

extension FakeBroker.Answer {
    /// Grants of files, in the order of the call's requests.
    static func grants(_ call: FakeBroker.Call, _ files: [FilePath], flags: CInt = O_RDONLY) -> Self {
        let requests = call.parameters["requests"]?.array ?? []
        let grants = requests.enumerated().map { index, request -> JSONValue in
            [
                "name": request["name"] ?? "", "fileDescriptor": .integer(Int64(index)),
                "rights": request["rights"] ?? ["read"], "kind": "file", "delivery": "fresh", "revocation": "none",
                "record": .integer(Int64(17 + index)),
            ]
        }
        var answer = Self.reply(["grants": .array(grants)])
        answer.passing = files.map { ($0, flags) }
        return answer
    }
}
