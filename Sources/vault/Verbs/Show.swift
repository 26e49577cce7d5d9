// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// `vault show`: one capability.
struct Show: ParsableCommand, PagedVerb {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one capability.",
        discussion: """
            What a revocation does to a descriptor that is out stands at 'revocation'; none means that it cannot be \
            taken back.

              vault show logs/web/access
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions
    @OptionGroup var pager: PagerOption

    @Argument(help: "The capability.", completion: CapabilityNames.completion)
    var name: String

    private static let network = "yes: its holder can connect it elsewhere, in the network in which it was made"

    func run() throws {
        let capability = try broker.connect().call(BrokerInterface.Describe.self, .init(name: name)).capability
        var fields = Fields()
        fields.add("name", capability.name, .strong)
        fields.add("kind", capability.kind)
        fields.add("rights", capability.rights.joined(separator: ","))
        fields.add("origin", capability.origin)
        fields.add("delivery", capability.delivery)
        fields.add("revocation", capability.revocation)
        fields.add("state", capability.state, capability.stateStyle)
        fields.add("problem", capability.problem, .bad)
        fields.add("network", capability.network == true ? Self.network : nil, .doubtful)
        fields.add("descriptor", capability.descriptor)
        fields.add(
            "depositor",
            capability.depositor.map { uid in capability.depositorName.map { "\($0) (\(uid))" } ?? String(uid) })
        fields.add("deposited", capability.depositedUSec.map { LocalTime.text(Int64($0)) })
        fields.add("expires", capability.expiresUSec.map { LocalTime.text(Int64($0)) })
        fields.add("fd name", capability.fdName)
        try format.print(capability, text: fields.text(colours: Terminal.output.hasColours))
    }
}
