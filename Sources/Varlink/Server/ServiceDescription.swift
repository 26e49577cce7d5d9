// SPDX-License-Identifier: Apache-2.0

import JSONText

/// What a service says about itself: `org.varlink.service`, which every service has.
public struct ServiceDescription: Sendable {
    private struct Interface {
        var methods: Set<String>
        var reply: [UInt8]
    }

    /// The text of `org.varlink.service`, which the protocol fixes.
    public static let ownInterface = String(
        decoding: PackageResources.org_varlink_service_varlink, as: UTF8.self)

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
        do throws(VarlinkError) {
            switch call.method {
            case "org.varlink.service.GetInfo":
                _ = try call.parameters(as: EmptyMessage.self)
                return infoReply
            case "org.varlink.service.GetInterfaceDescription":
                let parameters = try call.parameters(as: [String: String].self)
                if let other = parameters.keys.first(where: { $0 != "interface" }) { throw .invalidParameter(other) }
                guard let name = parameters["interface"] else { throw .invalidParameter("interface") }
                return interfaces[name]?.reply ?? MessageText.error(.interfaceNotFound(name))
            default: return nil
            }
        } catch {
            return MessageText.error(error)
        }
    }
}
