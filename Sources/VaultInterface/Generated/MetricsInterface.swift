// SPDX-License-Identifier: Apache-2.0
// Made by varlink-swift from io.systemd.Metrics.varlink. Change that file, and make this one again.

package import JSONText
package import Varlink

/// The numbers that a service tells of itself, as systemd asks for them since version 260.
///
/// Whoever may read the audit log or administer the vault may ask. The families are those of OpenMetrics, with the
/// names io.vaultd.Broker.NAME; a histogram is told as the counters that it consists of.
package enum MetricsInterface {
    /// The name of the interface.
    package static let name = "io.systemd.Metrics"

    /// The text of the interface file, as `GetInterfaceDescription` returns it.
    package static let description = #"""
        # SPDX-License-Identifier: Apache-2.0

        # The numbers that a service tells of itself, as systemd asks for them since version 260.
        #
        # Whoever may read the audit log or administer the vault may ask. The families are those of OpenMetrics, with the names
        # io.vaultd.Broker.NAME; a histogram is told as the counters that it consists of.
        interface io.systemd.Metrics

        # What a family of numbers is.
        type MetricFamilyType (
          # A number that only grows.
          counter,
          # A number that goes up and down.
          gauge,
          # A text.
          string,
          # Any JSON object.
          object
        )

        # The numbers as they are now: each in a reply of its own. Only with more.
        method List() -> (
          # The family, such as io.vaultd.Broker.grants_total.
          name: string,
          # The number.
          value: any,
          # What it is about, where the family has numbers of several objects.
          object: ?string,
          # What tells it apart from others of its family.
          fields: ?object
        )

        # The families: each in a reply of its own. Only with more.
        method Describe() -> (
          # Its name.
          name: string,
          # What it counts or measures.
          description: string,
          # What it is.
          type: MetricFamilyType
        )

        # There is no such number.
        error NoSuchMetric()

        """#
}

extension MetricsInterface {
    /// What a family of numbers is.
    package enum MetricFamilyType: JSONReadable, JSONWritable, Equatable, Sendable {
        /// A number that only grows.
        case counter
        /// A number that goes up and down.
        case gauge
        /// A text.
        case string
        /// Any JSON object.
        case object
        /// A word that is not declared. A client takes it from a newer service; a service refuses it.
        case unknown(String)

        package init(_ word: String) {
            switch JSONKey(word) {
            case "counter": self = .counter
            case "gauge": self = .gauge
            case "string": self = .string
            case "object": self = .object
            default: self = .unknown(word)
            }
        }

        /// The word as it crosses the wire.
        package var word: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .string: "string"
            case .object: "object"
            case .unknown(let word): word
            }
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            self.init(try reader.readString())
            if case .unknown(let word) = self { try reader.passOrRefuse(word: word) }
        }

        package func write(to writer: inout JSONWriter) {
            writer.string(word)
        }
    }
}

extension MetricsInterface {
    /// The numbers as they are now: each in a reply of its own. Only with more.
    package enum List: InterfaceMethod {
        package static let method = "io.systemd.Metrics.List"

        /// The parameters of `List`.
        package typealias Parameters = EmptyMessage

        /// The reply of `List`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// The family, such as io.vaultd.Broker.grants_total.
            package var name: String
            /// The number.
            package var value: JSONValue
            /// What it is about, where the family has numbers of several objects.
            package var object: String?
            /// What tells it apart from others of its family.
            package var fields: JSONObject?

            package init(name: String, value: JSONValue, object: String? = nil, fields: JSONObject? = nil) {
                self.name = name
                self.value = value
                self.object = object
                self.fields = fields
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var name: String?
                var value: JSONValue?
                var object: String?
                var fields: JSONObject?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "name": name = try reader.read()
                    case "value": value = try reader.read(JSONValue.self)
                    case "object": object = try reader.read()
                    case "fields": fields = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.name = try reader.require(name, "name")
                self.value = try reader.require(value, "value")
                self.object = object
                self.fields = fields
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("name", name)
                writer.member("value", value)
                writer.member("object", object)
                writer.member("fields", fields)
                writer.endObject()
            }
        }
    }
}

extension MetricsInterface {
    /// The families: each in a reply of its own. Only with more.
    package enum Describe: InterfaceMethod {
        package static let method = "io.systemd.Metrics.Describe"

        /// The parameters of `Describe`.
        package typealias Parameters = EmptyMessage

        /// The reply of `Describe`.
        package struct Reply: JSONReadable, JSONWritable, Equatable, Sendable {
            /// Its name.
            package var name: String
            /// What it counts or measures.
            package var description: String
            /// What it is.
            package var type: MetricFamilyType

            package init(name: String, description: String, type: MetricFamilyType) {
                self.name = name
                self.description = description
                self.type = type
            }

            package init(from reader: inout JSONReader) throws(JSONError) {
                var name: String?
                var description: String?
                var type: MetricFamilyType?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "name": name = try reader.read()
                    case "description": description = try reader.read()
                    case "type": type = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                self.name = try reader.require(name, "name")
                self.description = try reader.require(description, "description")
                self.type = try reader.require(type, "type")
            }

            package func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.member("name", name)
                writer.member("description", description)
                writer.member("type", type)
                writer.endObject()
            }
        }
    }
}

/// The errors of `io.systemd.Metrics`.
package enum MetricsError: Error, Equatable, Sendable {
    /// There is no such number.
    case noSuchMetric

    /// The error as it crosses the wire.
    package var varlinkError: VarlinkError {
        switch self {
        case .noSuchMetric: return VarlinkError(name: "io.systemd.Metrics.NoSuchMetric")
        }
    }

    /// Reads an error that crossed the wire; `nil` if it is none of these, or lacks what it has to have.
    package init?(_ error: VarlinkError) {
        switch error.name {
        case "io.systemd.Metrics.NoSuchMetric":
            self = .noSuchMetric
        default: return nil
        }
    }
}

/// What serves `io.systemd.Metrics`: a requirement for each of its methods, so that the compiler says which one is not
/// served. ``MetricsInterface/dispatch(_:to:in:)`` reads calls and calls it.
package protocol MetricsService: Actor {
    /// What is known of a call beside its parameters: who calls, where the answer goes.
    associatedtype Context

    /// The numbers as they are now: each in a reply of its own. Only with more.
    func list(_ parameters: MetricsInterface.List.Parameters, in context: Context) throws(VarlinkError)

    /// The families: each in a reply of its own. Only with more.
    func describe(_ parameters: MetricsInterface.Describe.Parameters, in context: Context) throws(VarlinkError)
}

extension MetricsInterface {
    /// Reads the parameters of a call, and has the service serve its method.
    ///
    /// - Returns: whether the interface has this method. If not, nothing was done.
    /// - Throws: `InvalidParameter` for parameters that are not as they are declared, and what the service throws.
    package static func dispatch<Service: MetricsService>(
        _ call: borrowing VarlinkCall, to service: isolated Service, in context: Service.Context
    ) throws(VarlinkError) -> Bool {
        switch call.method {
        case List.method:
            try service.list(try call.parameters(), in: context)
        case Describe.method:
            try service.describe(try call.parameters(), in: context)
        default: return false
        }
        return true
    }
}
