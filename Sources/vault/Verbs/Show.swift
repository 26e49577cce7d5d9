// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import VaultInterface
import VaultModel

/// `vault show`: one capability.
struct Show: ParsableCommand, PagedVerb {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one capability.",
        discussion: """
            What a revocation does to a descriptor that is out stands at 'revocation'; none means that it cannot be \
            taken back. Who administers the vault is shown how it was declared and who may open it too, and who may read \
            the log its newest grants.

              vault show logs/web/access
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions
    @OptionGroup var pager: PagerOption

    @Argument(help: "The capability.", completion: Completion.names)
    var name: String

    private static let network = "yes: its holder can connect it elsewhere, in the network in which it was made"

    func run() throws {
        let connection = try broker.connect()
        let capability = try connection.call(BrokerInterface.Describe.self, .init(name: name)).capability
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
        var sections = Sections(capability, text: fields.text(colours: Terminal.output.hasColours))
        if connection.mayI(.admin) { try addDeclaration(to: &sections, connection) }
        sections.add(grants: try connection.newestGrants(.init(capability: [name])))
        try format.print(sections.object, text: sections.text)
    }

    private func addDeclaration(to sections: inout Sections, _ connection: BrokerConnection) throws {
        // A deposit was not declared.
        if let declared = try? connection.call(AdminInterface.Declaration.self, .init(name: name)) {
            let document = (try? JSONValue(parsing: declared.document)) ?? .string(declared.document)
            let lines = YAMLText.element(document).map { String($0.dropFirst(2)) }
            sections.add(
                "declaration", ["document": .string(declared.document), "origin": .string(declared.origin)],
                title: "declared: \(declared.origin.escaped)", lines.joined(separator: "\n"))
        }
        var answers: [AdminInterface.Answer] = []
        try connection.callMore(AdminInterface.WhoCan.self, .init(name: name)) { answers += $0.answers }
        var table = Table.answers
        for answer in answers { table.add(answer.cells) }
        sections.add(
            "whoCan", .array(answers.map { (try? JSONValue(parsing: $0.jsonBytes())) ?? .null }),
            title: "who may open it", table.take(colours: Terminal.output.hasColours, width: Sections.width),
            empty: "nobody")
    }
}
