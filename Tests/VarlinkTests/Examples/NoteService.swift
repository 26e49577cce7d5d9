// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import Varlink

actor NoteService {
    private final class Client {
        let connection: VarlinkServerConnection
        var watch: WatchToken?

        init(_ socket: consuming OwnedDescriptor) {
            connection = VarlinkServerConnection(socket: socket)
        }
    }

    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let listener: HeldDescriptor
    private let notes: [String: String]
    private var buffer = [UInt8](repeating: 0, count: 4096)
    private let service = ServiceDescription(
        vendor: "Example", product: "Notes", version: "1", url: "https://example.org",
        interfaces: [NotesInterface.description])
    private var clients: [Int: Client] = [:]
    private var lastNumber = 0

    init(notes: [String: String], path: FilePath, loop: EventLoop) throws(Errno) {
        self.loop = loop
        self.notes = notes
        listener = HeldDescriptor(try UnixSocket.listen(at: .path(path)))
    }

    /// Called on the thread of the loop, before it runs.
    func start() throws(Errno) {
        _ = try loop.watch(listener, for: .readable) { _ in
            self.assumeIsolated { $0.accept() }
        }
    }

    private func accept() {
        guard let socket = try? UnixSocket.accept(on: listener) else { return }
        let client = Client(socket)
        lastNumber += 1
        let number = lastNumber
        clients[number] = client
        client.watch = try? loop.watch(client.connection.socket, for: .readable) { _ in
            self.assumeIsolated { $0.serve(number) }
        }
    }

    private func serve(_ number: Int) {
        guard let client = clients[number] else { return }
        let receipt = buffer.withUnsafeMutableBytes { client.connection.receive(into: $0) }
        guard receipt == .bytes else { return drop(number) }
        do {
            while let call = try client.connection.nextCall() { answer(call, client.connection) }
        } catch {
            client.connection.end(with: .invalidParameter("message"))
        }
        // What the socket does not take now would have to wait until it is writable; notes are short.
        guard client.connection.flush() == .done, !client.connection.isFinished else { return drop(number) }
    }

    private func answer(_ call: borrowing VarlinkCall, _ connection: VarlinkServerConnection) {
        do throws(VarlinkError) {
            if try NotesInterface.dispatch(call, to: self, in: (connection, call.slot)) { return }
            connection.reply(
                to: call.slot, message: service.answer(call) ?? MessageText.error(.methodNotImplemented(call.method)))
        } catch {
            connection.reply(to: call.slot, error: error)
        }
    }

    private func drop(_ number: Int) {
        guard let client = clients.removeValue(forKey: number), let watch = client.watch else { return }
        loop.unwatch(watch)
    }
}

extension NoteService: NotesService {
    func open(
        _ parameters: NotesInterface.Open.Parameters, in context: (connection: VarlinkServerConnection, slot: ReplySlot)
    ) throws(VarlinkError) {
        guard let note = notes[parameters.name],
            let memory = try? HeldDescriptor(SealedMemory.make(name: "note", contents: Array(note.utf8).span))
        else { throw NotesError.noSuchNote(name: parameters.name).varlinkError }
        let reply = NotesInterface.Open.Reply(fileDescriptor: 0)
        context.connection.reply(to: context.slot, message: MessageText.reply(reply), passing: [memory])
    }
}

func readNote(_ name: String, at path: FilePath) throws -> String {
    let connection = try VarlinkClientConnection(path: path.string, timeLimit: .seconds(20))
    let reply = try connection.call(NotesInterface.Open.method, NotesInterface.Open.Parameters(name: name))
    let index = try reply.parameters(as: NotesInterface.Open.Reply.self).fileDescriptor
    return String(decoding: try reply.descriptors[index].readAll(), as: UTF8.self)
}
