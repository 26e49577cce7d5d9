// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import SystemPackage
import Varlink

let noteInterface = """
    # Notes, handed out as descriptors.
    interface org.example.notes

    # Open a note.
    method Open(name: string) -> (fileDescriptor: int)

    # There is no such note.
    error NoSuchNote (name: string)
    """

struct OpenNote: JSONReadable, JSONWritable {
    var name: String

    init(name: String) {
        self.name = name
    }

    init(from reader: inout JSONReader) throws(JSONError) {
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

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        writer.endObject()
    }
}

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
        vendor: "Example", product: "Notes", version: "1", url: "https://example.org", interfaces: [noteInterface])
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
        guard call.method == "org.example.notes.Open" else {
            connection.reply(
                to: call.slot, message: service.answer(call) ?? MessageText.error(.methodNotImplemented(call.method)))
            return
        }
        do {
            let open = try call.parameters(as: OpenNote.self)
            guard let note = notes[open.name] else {
                throw VarlinkError(name: "org.example.notes.NoSuchNote", parameters: ["name": .string(open.name)])
            }
            let memory = try SealedMemory.make(name: "note", contents: Array(note.utf8).span)
            connection.reply(
                to: call.slot, message: MessageText.reply(["fileDescriptor": 0] as JSONObject),
                passing: [HeldDescriptor(memory)])
        } catch let error as VarlinkError {
            connection.reply(to: call.slot, error: error)
        } catch {
            connection.reply(to: call.slot, error: VarlinkError(name: "org.example.notes.NoSuchNote"))
        }
    }

    private func drop(_ number: Int) {
        guard let client = clients.removeValue(forKey: number), let watch = client.watch else { return }
        loop.unwatch(watch)
    }
}

func readNote(_ name: String, at path: FilePath) throws -> String {
    let connection = try VarlinkClientConnection(path: path.string, timeLimit: .seconds(20))
    let reply = try connection.call("org.example.notes.Open", OpenNote(name: name))
    return String(decoding: try reply.descriptors[0].readAll(), as: UTF8.self)
}
