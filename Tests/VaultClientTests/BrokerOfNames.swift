// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import Varlink
import VaultInterface
import VaultTestKit

/// A broker that grants memory with the name in it, for names that begin with `logs/` and end in a, b or c.
func brokerOfNames() throws -> ScriptedService {
    let names = ["logs/a", "logs/b", "logs/c"]
    @Sendable func capability(_ name: String) -> BrokerInterface.Capability {
        .init(
            name: name, kind: "memory", rights: ["read"], origin: "opened", delivery: "fresh", revocation: "none",
            state: "ready")
    }
    return try ScriptedService { call, connection in
        switch call.method {
        case BrokerInterface.Open.method:
            guard let open = try? call.parameters(as: BrokerInterface.Open.Parameters.self),
                !open.requests.contains(where: { $0.name == "vanish" })
            else { return .hangUp }
            if let missing = open.requests.first(where: { !names.contains($0.name) }) {
                connection.reply(to: call.slot, error: BrokerError.notFound(name: missing.name).varlinkError)
                return .goOn
            }
            var descriptors: [HeldDescriptor] = []
            var grants: [BrokerInterface.Grant] = []
            for request in open.requests.reversed() {
                guard
                    let memory = try? SealedMemory.make(name: "test", contents: Array(request.name.utf8).span)
                else { return .hangUp }
                grants.append(
                    .init(
                        name: request.name, fileDescriptor: descriptors.count, rights: ["read"], kind: "memory",
                        delivery: "fresh", revocation: "none", record: 7, lease: .init(id: "l", expiresUSec: 5)))
                descriptors.append(HeldDescriptor(memory))
            }
            connection.reply(
                to: call.slot, message: MessageText.reply(BrokerInterface.Open.Reply(grants: grants.reversed())),
                passing: descriptors, token: 1)
        case BrokerInterface.List.method:
            for name in names {
                connection.reply(
                    to: call.slot, BrokerInterface.List.Reply(capabilities: [capability(name)]),
                    continues: name != names.last)
            }
        case BrokerInterface.Describe.method:
            guard let describe = try? call.parameters(as: BrokerInterface.Describe.Parameters.self) else {
                return .hangUp
            }
            connection.reply(to: call.slot, BrokerInterface.Describe.Reply(capability: capability(describe.name)))
        default:
            connection.reply(to: call.slot, ["identity": ["uid": 1000]] as JSONObject)
        }
        return .goOn
    }
}
