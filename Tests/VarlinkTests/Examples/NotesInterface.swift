// SPDX-License-Identifier: Apache-2.0
// Made by varlink-swift from org.example.notes.varlink. Change that file, and make this one again.

import JSONText
import Varlink

/// Notes, handed out as descriptors.
enum NotesInterface {
    /// The name of the interface.
    static let name = "org.example.notes"

    /// The text of the interface file, as `GetInterfaceDescription` returns it.
    static let description = #"""
        # SPDX-License-Identifier: Apache-2.0

        # Notes, handed out as descriptors.
        interface org.example.notes

        # Open a note.
        method Open(
          # Which one.
          name: string
        ) -> (
          # The text, as a file in memory: an index into the descriptors of the reply.
          fileDescriptor: int
        )

        # There is no such note.
        error NoSuchNote (
          # The name that was given.
          name: string
        )

        """#
}

extension NotesInterface {
    /// Open a note.
    enum Open: InterfaceMethod {
        static let method = "org.example.notes.Open"

        /// The parameters of `Open`.
        struct Parameters: JSONReadable, JSONWritable, Equatable, Sendable {
            /// Which one.
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

        /// The reply of `Open`.
        struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The text, as a file in memory: an index into the descriptors of the reply.
            var fileDescriptor: Int

            init(fileDescriptor: Int) {
                self.fileDescriptor = fileDescriptor
            }

            init(from reader: inout JSONReader) throws(JSONError) {
                var fileDescriptor: Int?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "fileDescriptor": fileDescriptor = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.fileDescriptor = try reader.require(fileDescriptor, "fileDescriptor")
            }

            func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("fileDescriptor", fileDescriptor)
                writer.endObject()
            }
        }
    }
}

/// The errors of `org.example.notes`.
enum NotesError: Error, Equatable, Sendable {
    /// There is no such note.
    ///
    /// - Parameters:
    ///   - name: The name that was given.
    case noSuchNote(name: String)

    /// The error as it crosses the wire.
    var varlinkError: VarlinkError {
        switch self {
        case .noSuchNote(let name):
            var parameters = JSONObject()
            parameters["name"] = name.jsonValue
            return VarlinkError(name: "org.example.notes.NoSuchNote", parameters: parameters)
        }
    }

    /// Reads an error that crossed the wire; `nil` if it is none of these, or lacks what it has to have.
    init?(_ error: VarlinkError) {
        switch error.name {
        case "org.example.notes.NoSuchNote":
            guard let name: String = error.parameter("name") else { return nil }
            self = .noSuchNote(name: name)
        default: return nil
        }
    }
}

/// What serves `org.example.notes`: a requirement for each of its methods, so that the compiler says which one is not
/// served. ``NotesInterface/dispatch(_:to:in:)`` reads calls and calls it.
protocol NotesService: Actor {
    /// What is known of a call beside its parameters: who calls, where the answer goes.
    associatedtype Context

    /// Open a note.
    func open(_ parameters: NotesInterface.Open.Parameters, in context: Context) throws(VarlinkError)
}

extension NotesInterface {
    /// Reads the parameters of a call, and has the service serve its method.
    ///
    /// - Returns: whether the interface has this method. If not, nothing was done.
    /// - Throws: `InvalidParameter` for parameters that are not as they are declared, and what the service throws.
    static func dispatch<Service: NotesService>(
        _ call: borrowing VarlinkCall, to service: isolated Service, in context: Service.Context
    ) throws(VarlinkError) -> Bool {
        switch call.method {
        case Open.method:
            try service.open(try call.parameters(), in: context)
        default: return false
        }
        return true
    }
}
