// SPDX-License-Identifier: Apache-2.0

import JSONText

/// What a service says about itself: `org.varlink.service`, which every service has.
public struct ServiceDescription: Sendable {
    private struct Interface {
        var methods: Set<String>
        var reply: [UInt8]
    }

    private let infoReply: [UInt8]
    private var interfaces: [String: Interface] = [:]

    /// - Parameter interfaces: the texts of the interface files, without `org.varlink.service`, which is added. One that
    ///   cannot be parsed is a bug.
    public init(vendor: String, product: String, version: String, url: String, interfaces texts: [String]) {
        var names: [String] = []
        for text in texts + [Self.ownInterface] {
            let description: InterfaceDescription
            do {
                description = try InterfaceDescription(parsing: text)
            } catch {
                preconditionFailure("an interface of the service itself is wrong: \(error)")
            }
            names.append(description.name)
            interfaces[description.name] = Interface(
                methods: Set(description.methods.map(\.name)),
                reply: MessageText.reply(JSONObject(dictionaryLiteral: ("description", .string(text)))))
        }
        infoReply = MessageText.reply(
            JSONObject(
                dictionaryLiteral: ("vendor", .string(vendor)), ("product", .string(product)),
                ("version", .string(version)), ("url", .string(url)),
                ("interfaces", .array(names.sorted().map { .string($0) }))))
    }

    /// The reply to a call of `org.varlink.service`, or the error for a method that nobody has. `nil` for a method that
    /// one of the interfaces declares: then the service itself has to answer.
    public func answer(_ call: borrowing VarlinkCall) -> [UInt8]? {
        let name = String(call.interface)
        guard let interface = interfaces[name] else { return MessageText.error(.interfaceNotFound(name)) }
        guard interface.methods.contains(String(call.method.dropFirst(name.count + 1))) else {
            return MessageText.error(.methodNotFound(call.method))
        }
        switch call.method {
        case "org.varlink.service.GetInfo":
            return answer(call, EmptyMessage.self) { _ in infoReply }
        case "org.varlink.service.GetInterfaceDescription":
            return answer(call, WhichInterface.self) { which in
                interfaces[which.interface]?.reply ?? MessageText.error(.interfaceNotFound(which.interface))
            }
        default:
            return nil
        }
    }

    private func answer<Parameters: JSONReadable>(
        _ call: borrowing VarlinkCall, _ type: Parameters.Type, _ reply: (Parameters) -> [UInt8]
    ) -> [UInt8] {
        do {
            return reply(try call.parameters(as: type))
        } catch {
            return MessageText.error(error)
        }
    }
}

private struct WhichInterface: JSONReadable {
    var interface: String

    init(from reader: inout JSONReader) throws(JSONError) {
        var interface: String?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "interface": interface = try reader.read()
            default: try reader.skipOrRefuse(key)
            }
        }
        self.interface = try reader.require(interface, "interface")
    }
}
