// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import SystemPackage
import Testing
import Varlink
import VaultTestKit

/// The example of the documentation.
struct ExampleTests {
    @Test("The service of the documentation hands out a note to the client of the documentation")
    func runs() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("notes.sock")
        let loop = try EventLoop()
        let service = try NoteService(notes: ["milk": "buy some"], path: path, loop: loop)
        startThread { loop.run() }
        defer { loop.stop() }
        try await service.start()
        try await onThread {
            #expect(try readNote("milk", at: path) == "buy some")
            #expect(
                throws: VarlinkClientError.refused(
                    VarlinkError(name: "org.example.notes.NoSuchNote", parameters: ["name": "bread"]))
            ) { try readNote("bread", at: path) }
            let connection = try VarlinkClientConnection(path: path.string, timeLimit: .seconds(20))
            let reply = try connection.call(
                "org.varlink.service.GetInterfaceDescription", ["interface": "org.example.notes"] as JSONObject)
            let text = try reply.parameters(as: JSONObject.self)["description"]?.string
            #expect(text == NotesInterface.description)
        }
    }

    @Test("The code in the documentation is the code that was run")
    func isDocumented() throws {
        let missing = try DocumentedExample.missing(
            in: "Sources/Varlink/Varlink.docc/Varlink.md", from: "Tests/VarlinkTests/Examples/NoteService.swift")
        #expect(missing == [])
    }
}
